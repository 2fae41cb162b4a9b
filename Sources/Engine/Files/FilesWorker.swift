// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import ContainerRuntime
internal import Glibc
internal import Linux
internal import OCI

/// A process that works on a container's files, with the rights of the container's root and with what
/// is mounted there, but from outside: nothing of the container's runs or is loaded.
final class FilesWorker {
    /// Our end of the pipe through which a tar goes.
    private var pipe: OwnedFD?
    private let report: OwnedFD
    private let process: OwnedFD
    /// Keeps a container that does not run from being started or removed meanwhile.
    private let lock: FileLock?

    /// Which way the tar goes.
    enum Direction { case toUs, fromUs }

    /// The worker's side of the pipes.
    struct Channel {
        let tar: CInt
        fileprivate let report: CInt

        /// Tells something that the other side waits for, as one byte.
        func tell(_ byte: UInt8) throws(Errno) { try writeAll([byte], to: report) }
    }

    fileprivate init(
        _ plan: Plan, lending lent: [Slot: CInt], lock: consuming FileLock?, _ direction: Direction,
        _ work: @escaping (FilesPlace, Channel) throws -> Void
    ) throws {
        let tar = try DescriptorPair.pipe()
        let report = try DescriptorPair.pipe()
        let isReading = direction == .toUs
        let theirs = isReading ? tar.second.raw : tar.first.raw
        let channel = Channel(tar: theirs, report: report.second.raw)
        process = try Launch(plan, lending: lent).run(working: { place in
            Self.run(place, channel, work)
        }).takePidfd()
        pipe = isReading ? tar.takeFirst() : tar.takeSecond()
        self.report = report.takeFirst()
        self.lock = lock
    }

    private static func run(
        _ place: FilesPlace, _ channel: Channel, _ work: (FilesPlace, Channel) throws -> Void
    ) -> Int32 {
        ThisProcess.closeAll(from: 3, keeping: [place.root, channel.tar, channel.report])
        do {
            try work(place, channel)
            return 0
        } catch {
            let kind = error is CopyRefusal ? Message.refusal : Message.failure
            try? writeAll([kind] + Array("\(error)".utf8), to: channel.report)
            return 1
        }
    }

    private enum Message {
        static let refusal = UInt8(ascii: "c")
        static let failure = UInt8(ascii: "e")
    }

    /// To read the tar from, or to write it to.
    var tar: CInt { pipe?.raw ?? -1 }

    /// The byte that the worker tells before the tar; throws what it says instead.
    func listen() throws -> UInt8 {
        var byte: UInt8 = 0
        let raw = report.raw
        guard try syscall({ read(raw, &byte, 1) }) == 1 else { throw try ended() }
        switch byte {
        case Message.refusal, Message.failure:
            throw failure(byte, try report.readAll(limit: 65_536))
        default: return byte
        }
    }

    /// Waits for the end; throws what the worker says went wrong.
    func finish() throws {
        pipe = nil
        let words = try report.readAll(limit: 65_536)
        let end = try process.reap()
        if let kind = words.first { throw failure(kind, Array(words.dropFirst())) }
        guard end?.exitCode == 0 else { throw try ended() }
    }

    private func failure(_ kind: UInt8, _ words: [UInt8]) -> any Error {
        let text = String(decoding: words, as: UTF8.self)
        return kind == Message.refusal
            ? CopyRefusal(description: text) : EngineError.invalid(text)
    }

    private func ended() throws -> any Error {
        EngineError.invalid("the process that copies ended without a word")
    }
}

extension Engine {
    /// Starts a worker on the files of a container, running or not.
    /// - Parameter user: whom to look up in the container's accounts; nil for root.
    func filesWorker(
        _ text: String, as user: (Container) -> UserSelection, _ direction: FilesWorker.Direction,
        _ work: @escaping (Container, FilesPlace, FilesWorker.Channel) throws -> Void
    ) throws -> FilesWorker {
        let container = try container(text, in: try open())
        if let process = try container.process.open(), state(of: container).pid != nil {
            let root = try attempting("open the root of \(text)") { () throws(Errno) in
                try OwnedFD.open(
                    "/proc/\(container.process.pid)/root", openPath | O_DIRECTORY)
            }
            if try !process.isReadable(within: 0) {  // it was the very process that we opened
                let plan = Plan(joiningUsers: container.idBase != nil, as: user(container))
                return try FilesWorker(
                    plan, lending: [.container: process.raw, .root: root.raw], lock: nil, direction
                ) { try work(container, $0, $1) }
            }
        }
        let lock = try FileLock.waiting(location.container(container.id).lock, .exclusive)
        let now = try self.container(container.id, in: try open())
        guard state(of: now).pid == nil else {
            throw EngineError.invalid("container \(now.id) was started meanwhile: try again")
        }
        let plan = try Plan(filesOf: try filesRequest(now, as: user(now)))
        return try FilesWorker(plan, lending: [:], lock: lock, direction) {
            try work(now, $0, $1)
        }
    }

    /// What a container's root is put together from.
    private func filesRequest(
        _ container: Container, as user: UserSelection
    ) throws -> LaunchRequest {
        let files = location.container(container.id)
        let layers = try layers(of: container, in: try open())
        let root = RootFilesystem.overlay(
            lowers: layers.lowers, upper: files.upper, work: files.work)
        var facts = SpecificationFacts(id: container.id, root: root)
        facts.networkFiles = [
            .hosts: files.hosts, .hostname: files.hostname, .resolvConf: files.resolvConf,
        ]
        let database = try open()
        for mount in container.record.mounts {
            var source = SourceMount(mount)
            if mount.type == .image { try prepare(&source, image: mount, in: database) }
            facts.mounts.append(source)
        }
        facts.users = container.idBase.map { .own(base: $0) } ?? .host
        var host = container.record.hostConfiguration
        host.`init` = nil
        var spec = Spec()
        var linux = LinuxSpec()
        linux.namespaces = [LinuxSpec.Namespace(.mount)]
        if container.idBase != nil { linux.namespaces.append(LinuxSpec.Namespace(.user)) }
        (linux.uidMappings, linux.gidMappings) = (facts.mappings, facts.mappings)
        spec.linux = linux
        spec.mounts = try UserMounts(host: host, facts: facts).added(to: [])
            .filter { $0.type == "bind" }
        var request = LaunchRequest(
            spec: spec, root: root, user: user,
            overlayStrategy: OverlaySupport.strategy(directory: "\(files.directory)/lowers"))
        request.stacks = facts.stacks
        return request
    }
}
