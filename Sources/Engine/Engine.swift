// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Images
internal import Linux
public import SQLite

/// The container engine: every use case is a method of it. It holds no state and no connection; what
/// is true is on disk and in the kernel, and any number of engines may be at work on it.
public struct Engine: Sendable {
    public let location: EngineLocation
    public let images: ImageStore

    public init(location: EngineLocation) {
        self.location = location
        images = ImageStore(root: location.root)
    }

    /// Opens the state database, made where absent. It must be gone again before a fork.
    public func open() throws -> Database {
        do throws(DatabaseError) { return try openOnce() } catch {
            if error.isFull { return try openOnFullDisk() }
            guard !exists(location.root) else { throw error }
            try makeDirectories(location.root, mode: 0o700)
            return try openOnce()
        }
    }

    private func openOnce() throws(DatabaseError) -> Database {
        try Database.open(location.database, migrations: Schema.migrations)
    }

    /// To open the database takes 32 kB. Where the disk is full, whoever fills it may have been faster.
    private func openOnFullDisk() throws(DatabaseError) -> Database {
        _ = spendReserve()
        for _ in 0..<50 {
            do throws(DatabaseError) { return try openOnce() } catch {
                guard error.isFull else { throw error }
                usleep(2000)
            }
        }
        return try openOnce()
    }

    /// Keeps the database quick to open. For the end of a command that wrote, when its output is out.
    public func foldLog() {
        keepReserve()
        var status = stat()
        guard stat("\(location.database)-wal", &status) == 0,
            Database.isLogLong(Int64(status.st_size)), let database = try? open()
        else { return }
        database.foldLog()
    }
}

/// Where an engine keeps its things. Every path derives from two.
public struct EngineLocation: Equatable, Sendable {
    /// What outlives a reboot: `/var/lib/swocker`.
    public let root: String
    /// What does not: `/run/swocker`.
    public let state: String
    /// Where archives of images that came with the program may lie.
    public let bundledImages: [String]
    /// A static init program for `--init`; nil when none is installed.
    public let initProgram: String?

    public init(
        root: String, state: String, bundledImages: [String] = [], initProgram: String? = nil
    ) {
        self.root = root
        self.state = state
        self.bundledImages = bundledImages
        self.initProgram = initProgram
    }

    var database: String { "\(root)/state.db" }
    var containers: String { "\(root)/containers" }
    var volumes: String { "\(root)/volumes" }
    /// Compiled system call filters.
    var filters: String { "\(root)/seccomp" }

    /// The files of one container.
    func container(_ id: String) -> ContainerFiles {
        ContainerFiles(directory: "\(containers)/\(id)", runtime: "\(state)/\(id)")
    }
}

/// The files of one container.
struct ContainerFiles: Equatable {
    /// Outlives a reboot.
    let directory: String
    /// Gone after a reboot, as it should be.
    let runtime: String

    var upper: String { "\(directory)/upper" }
    var work: String { "\(directory)/work" }
    /// What the log driver `local` writes.
    var logs: String { "\(directory)/logs" }
    /// What the log driver `json-file` writes, where Docker has it.
    var jsonLog: String {
        let id = directory.split(separator: "/").last ?? ""
        return "\(directory)/\(id)-json.log"
    }
    /// Nodes of `--device`.
    var devices: String { "\(directory)/devices" }
    var hosts: String { "\(directory)/hosts" }
    var hostname: String { "\(directory)/hostname" }
    var resolvConf: String { "\(directory)/resolv.conf" }
    /// Held while the container is being made, started or removed.
    var lock: String { "\(directory)/lock" }
    /// The monitor's socket, in `runtime`.
    static let attachSocket = "attach"
}
