// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// The directory below which the OCI runtime keeps one directory per container:
///
///     <id>/            0700, its lock (flock(2))
///       state.json     `RuntimeRecord`
///       config.json    the bundle's, as it was at the creation
///       start          the FIFO of `StartGate`, until the start
///     @seccomp/        compiled filters; the sign is in no container's id
///
/// A directory without state.json is what a killed creation left behind; only `delete --force` sees
/// it.
public struct RuntimeRoot: Equatable, Sendable {
    public let path: String

    public init(_ path: String) { self.path = path }

    /// Where compiled filters are kept.
    public var filters: String { "\(path)/@seccomp" }

    /// The container's directory, if `id` can be an id.
    func directory(of id: String) throws(LifecycleError) -> String {
        let isName = id.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"),
                UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        // A file's name, and state.json's temporary beside it, must fit.
        guard isName, !id.isEmpty, id.utf8.count <= 255, id != ".", id != ".." else {
            throw .invalidID(id)
        }
        return "\(path)/\(id)"
    }

    /// The container of this id.
    public func container(_ id: String) throws -> RuntimeContainer {
        let directory = try directory(of: id)
        guard let record = try RuntimeRecord.read(from: directory) else {
            throw LifecycleError.noSuchContainer(id)
        }
        return RuntimeContainer(root: self, directory: directory, record: record)
    }

    /// All containers, by id. One that vanishes or cannot be read meanwhile is left out.
    public func containers() throws -> [RuntimeContainer] {
        guard exists(path) else { return [] }
        return try names(in: path).sorted().compactMap { try? container($0) }
    }
}

/// The lock of one container: its directory's.
struct ContainerLock: ~Copyable {
    private let lock: FileLock

    /// Waits for its turn.
    /// - Throws: `noSuchContainer` when there is none, or none any more.
    init(_ directory: String, id: String) throws {
        let lock = try Self.lock(directory, id)
        // Whoever had the lock may have removed it.
        guard try lock.links > 0 else { throw LifecycleError.noSuchContainer(id) }
        self.lock = lock
    }

    private static func lock(_ directory: String, _ id: String) throws -> FileLock {
        do throws(Errno) {
            return try FileLock.waiting(
                try OwnedFD.open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), .exclusive)
        } catch {
            if error == .noEntry { throw LifecycleError.noSuchContainer(id) }
            throw KernelError(action: "lock \(directory)", errno: error)
        }
    }
}
