// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Build
internal import Glibc
internal import Linux
internal import OCI

/// What the mounts of a RUN step come from, on this host; locks and files live as long as it does.
final class BuildMounts {
    private(set) var binds: [SourceMount] = []
    /// File systems in memory: their options by path.
    private(set) var memory: [String: String] = [:]
    private var locks: [CacheUse] = []
    private var made: [String] = []

    /// - Parameters:
    ///   - step: a directory of the step's own.
    ///   - base: the host's number of the container's root; nil for the host's users.
    init(
        _ mounts: [RunRequest.Mount], step: String, _ files: ContainerFiles, _ engine: Engine,
        _ base: UInt32?
    ) throws {
        for (number, mount) in mounts.enumerated() {
            switch mount.source {
            case .memory(let size):
                memory[mount.target] =
                    "mode=\(String(mount.mode, radix: 8))" + (size > 0 ? ",size=\(size)" : "")
            case .path(let path): bind(path, mount)
            case .bytes(let bytes): try makeFile("\(step)/file-\(number)", bytes, mount, base)
            case .secret(let bytes):
                try makeFile("\(files.runtime)/secret-\(number)", bytes, mount, base)
            case .cache(let id, let sharing):
                let use = try CacheUse(
                    id, sharing, in: engine.location.cacheMounts, mode: mount.mode,
                    owner: (mount.user, mount.group))
                bind(use.directory, mount)
                locks.append(use)
            }
        }
    }

    private func bind(_ path: String, _ mount: RunRequest.Mount) {
        var bind = SourceMount(path, at: mount.target)
        bind.isWritable = !mount.isReadOnly
        binds.append(bind)
    }

    private func makeFile(
        _ path: String, _ bytes: [UInt8], _ mount: RunRequest.Mount, _ base: UInt32?
    ) throws {
        made.append(path)
        try attempting("write \(path)") { () throws(Errno) in
            let file = try OwnedFD.open(
                path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
            try file.writeAll(bytes)
            let raw = file.raw
            // A file system in memory shows shifted owners since Linux 6.3.
            let isPlain =
                FilesystemKind(of: raw) == .tmpfs
                && KernelVersion.running < KernelVersion(major: 6, minor: 3)
            let first = isPlain ? base ?? 0 : 0
            let (user, group) = (first + mount.user, first + mount.group)
            try syscall { fchown(raw, user, group) }
            try syscall { fchmod(raw, mount.mode) }
        }
        bind(path, mount)
    }

    /// Removes what only the program needed.
    func removeFiles() {
        for path in made { unlink(path) }
        made = []
    }

    deinit { removeFiles() }
}

/// A cache of RUN steps in use: it is not removed meanwhile.
final class CacheUse {
    let directory: String
    private let presence: FileLock
    private var turn: FileLock?

    /// - Parameters:
    ///   - parent: where all caches are.
    ///   - mode, owner: what a new one gets.
    init(
        _ id: String, _ sharing: RunMount.Sharing, in parent: String, mode: UInt32,
        owner: (user: UInt32, group: UInt32)
    ) throws {
        if !exists(parent) { try makeDirectories(parent, mode: 0o700) }
        let name = "\(parent)/\(Digest(of: Array(id.utf8)).hex.prefix(32))"
        var path = name
        var number = 0
        while true {
            try makeDirectory(path, mode: 0o700)
            let presence = try FileLock.waiting("\(path)/lock", .shared)
            // Whoever prunes may have taken it away before it was locked.
            guard exists("\(path)/lock") else { continue }
            if sharing == .private {
                guard let own = try FileLock.ifFree("\(path)/turn", .exclusive) else {
                    number += 1
                    path = "\(name).\(number)"
                    continue
                }
                turn = consume own
            } else if sharing == .locked {
                turn = try FileLock.waiting("\(path)/turn", .exclusive)
            }
            self.presence = presence
            break
        }
        directory = "\(path)/data"
        guard !exists(directory) else { return }
        try replaceFile("\(path)/id", with: Array(id.utf8), mode: 0o600)
        try makeDirectory(directory, mode: mode)
        chown(directory, owner.user, owner.group)
    }
}

extension EngineLocation {
    /// What caches of RUN steps hold.
    var cacheMounts: String { "\(root)/build/caches" }
}

/// The empty files and directories that were made to mount something over: they are no change of the
/// program's.
struct MountPoints {
    private let paths: [[FileName]]
    private let upper: String

    init(_ targets: [String], upper: String) {
        let own = ["/dev", "/proc", "/sys"] + NetworkFile.allCases.map(\.rawValue)
        paths = (targets + own).map { path in
            path.split(separator: "/").filter { $0 != "." }.compactMap { FileName($0.utf8) }
        }
        self.upper = upper
    }

    /// Removes those that were not there before, with the directories that lead to nothing else.
    func remove(from below: LayerDirectory) throws {
        let top = try attempting("open \(upper)") { () throws(Errno) in
            try OwnedFD.open(upper, O_RDONLY | O_DIRECTORY)
        }
        for path in paths { _ = try? remove(path[...], in: top.raw, below) }
    }

    /// - Returns: whether the name is gone.
    private func remove(
        _ path: ArraySlice<FileName>, in directory: CInt, _ below: LayerDirectory?
    ) throws(Errno) -> Bool {
        guard let name = path.first else { return false }
        let lower = try below?.find(name)
        let status = try status(of: name, in: directory)
        if status.st_mode & S_IFMT == S_IFDIR, path.count > 1 {
            let inside = try OwnedFD.open(
                name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: directory)
            var under: LayerDirectory?
            if let lower, lower.status.st_mode & S_IFMT == S_IFDIR {
                under = try below?.descend(name, lower)
            }
            guard try remove(path.dropFirst(), in: inside.raw, under) else { return false }
        }
        guard lower == nil else { return false }
        if status.st_mode & S_IFMT == S_IFDIR {
            try syscall { unlinkat(directory, name.cString, AT_REMOVEDIR) }
            return true
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size == 0 else { return false }
        try syscall { unlinkat(directory, name.cString, 0) }
        return true
    }
}
