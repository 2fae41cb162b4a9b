// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import ContainerRuntime
internal import Glibc
internal import Linux
internal import OCI

/// What `cp` is asked for.
public struct CopyRequest: Sendable {
    public var container: String
    /// In the container, from its root.
    public var path: String
    /// On the host; nil for a tar on standard input or output.
    public var local: String?
    public var followsLinks = false
    /// Whether what comes into a container belongs to the user its processes have.
    public var belongsToUser = false

    public init(container: String, path: String, local: String?) {
        self.container = container
        self.path = path
        self.local = local
    }

    fileprivate var inside: CopyPath { CopyPath(text: path.hasPrefix("/") ? path : "/\(path)") }
}

extension Engine {
    /// Copies out of a container, which may run or not; volumes and other mounts are seen.
    /// - Parameters:
    ///   - note: told of files that were left out, one line each.
    ///   - progress: called with the bytes of the tar so far.
    public func copyOut(
        _ request: CopyRequest, note: @escaping (String) -> Void = { _ in },
        progress: ((Int64) -> Void)? = nil
    ) throws {
        let source = request.inside
        let worker = try filesWorker(
            request.container, as: { _ in .ids(Spec.User()) }, .toUs
        ) { container, place, channel in
            let root = CopyRoot(root: place.root)
            let found = try CopySource(source, in: root, followsLink: request.followsLinks) { _ in
                Self.noFile(source.text, request.container)
            }
            try channel.tell(found.isDirectory ? 1 : 0)
            var options = TreeEntries.Options()
            let kernels = KernelFiles(below: root)
            options.passesOver = { _, status in kernels.contain(status) }
            try found.tar(options).copy(to: channel.tar)
        }
        let isDirectory = try worker.listen() == 1
        let stream = CountedSource(FileStream(worker.tar), progress)
        if let local = request.local {
            let placement = try CopyPlacement(
                of: isDirectory, at: CopyPath(text: local), in: CopyRoot(root: nil)
            ) { parent in
                CopyRefusal(
                    description: "invalid output path: directory \(quoted(parent)) does not exist")
            }
            try placement.unpack(stream, base: source.base, owner: .caller) { path in
                note("\(quoted(path)) was left out: device nodes are not copied to the host")
            }
        } else {
            try stream.copy(to: STDOUT_FILENO)
        }
        try worker.finish()
        recordCopy(request, "archive-path")
    }

    private func recordCopy(_ request: CopyRequest, _ action: String) {
        guard let database = try? open(),
            let container = try? container(request.container, in: database)
        else { return }
        record(Event(container, action))
    }

    /// Copies into a container, which may run or not, and into what is mounted there.
    /// - Parameters: as of `copyOut`.
    public func copyIn(
        _ request: CopyRequest, note: @escaping (String) -> Void = { _ in },
        progress: ((Int64) -> Void)? = nil
    ) throws {
        let destination = request.inside
        let local = request.local.map(CopyPath.init)
        let found = try local.map { path in
            try CopySource(path, in: CopyRoot(root: nil), followsLink: request.followsLinks) {
                CopyRefusal(description: "lstat \(path.text): \($0)")
            }
        }
        var options = TreeEntries.Options()
        options.skipped = { note("\(quoted($0)) was left out: it is a socket") }
        let tar: any ByteSource = try found?.tar(options) ?? FileStream(STDIN_FILENO)
        let worker = try filesWorker(
            request.container,
            as: {
                let user = $0.record.configuration.user
                return request.belongsToUser && !user.isEmpty
                    ? .named(user, groups: []) : .ids(Spec.User())
            }, .fromUs
        ) { container, place, channel in
            let root = CopyRoot(root: place.root)
            let placement = try CopyPlacement(
                of: found?.isDirectory ?? false, at: destination, in: root
            ) { Self.noFile($0, request.container) }
            guard local != nil || placement.name == nil else {
                throw CopyRefusal(
                    description: "destination \"\(request.container):\(request.path)\" must be a"
                        + " directory")
            }
            try Self.refuseReadOnly(placement, place, container)
            let highest = container.idBase == nil ? UInt32.max - 1 : OwnerShift.count - 1
            try placement.unpack(
                FileStream(channel.tar), base: local?.base ?? [],
                owner: request.belongsToUser
                    ? .one(user: place.user, group: place.group) : .stated(highest: highest))
        }
        let former = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, former) }
        do { try tar.copy(to: worker.tar, progress: progress) } catch {
            // Who hangs up says why.
            if error.errno == .brokenPipe { try worker.finish() }
            throw error
        }
        try worker.finish()
        recordCopy(request, "extract-to-dir")
    }

    private static func noFile(_ path: String, _ container: String) -> EngineError {
        .invalid("Could not find the file \(path) in container \(container)")
    }

    /// Docker's words for what the kernel would refuse, and for a read-only root also where the kernel
    /// would not, because the container does not run.
    private static func refuseReadOnly(
        _ placement: CopyPlacement, _ place: FilesPlace, _ container: Container
    ) throws {
        let target = try status(of: placement.directory.raw)
        let isRoot = try status(of: place.root).st_dev == target.st_dev
        if isRoot, container.record.hostConfiguration.readonlyRootfs {
            throw EngineError.invalid("container rootfs is marked read-only")
        }
        var system = statvfs()
        if fstatvfs(placement.directory.raw, &system) == 0, system.f_flag & UInt(ST_RDONLY) != 0 {
            throw EngineError.invalid("mounted volume is marked read-only")
        }
    }
}

/// The kernel's own file systems of a container, which are no files to copy.
private struct KernelFiles {
    private var devices: Set<dev_t> = []

    init(below root: CopyRoot) {
        for path in ["/proc", "/sys", "/dev/pts", "/sys/fs/cgroup"] {
            guard let place = try? root.open(path, openPath | O_DIRECTORY),
                FilesystemKind.showsKernelState(place.raw),
                let status = try? status(of: place.raw)
            else { continue }
            devices.insert(status.st_dev)
        }
    }

    func contain(_ status: stat) -> Bool { devices.contains(status.st_dev) }
}

/// Counts what passes.
private final class CountedSource: ByteSource {
    private let source: any ByteSource
    private let progress: ((Int64) -> Void)?
    private var count: Int64 = 0

    init(_ source: any ByteSource, _ progress: ((Int64) -> Void)?) {
        self.source = source
        self.progress = progress
    }

    func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        let piece = try source.next()
        count += Int64(piece.count)
        progress?(count)
        return piece
    }
}
