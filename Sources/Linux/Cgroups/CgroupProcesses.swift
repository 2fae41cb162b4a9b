// SPDX-License-Identifier: Apache-2.0

public import Glibc

extension Cgroup {
    /// The processes in it and in what lies below, as numbers of the reader's pid namespace; none
    /// when it is gone.
    public func processes() throws(KernelError) -> [pid_t] {
        guard let directory = membership else { return [] }
        var found: [pid_t] = []
        try Self.collect(directory, into: &found)
        return found
    }

    /// Ends every process with SIGKILL. None escapes by forking: version 2 kills the group as one
    /// (cgroup.kill), version 1 is frozen first, and frozen processes neither fork nor free their
    /// numbers before the thaw.
    public func killAll() throws(KernelError) {
        if case .v2(let mount) = hierarchies {
            do { return try writeControl("\(mount)/\(path)/cgroup.kill", "1") } catch {
                // The file came with Linux 5.14.
                if error.errno != .noEntry { throw error }
            }
        }
        let frozen = (try? freeze()) != nil
        defer { if frozen { try? thaw() } }
        // Without a freezer, until no new ones come.
        for _ in 0..<(frozen ? 1 : 1000) {
            let processes = try processes()
            if processes.isEmpty { return }
            for process in processes { kill(process, SIGKILL) }
            if !frozen { usleep(1000) }
        }
    }

    /// How often the kernel has killed here for want of memory.
    public func oomKillCount() throws(KernelError) -> UInt64 {
        guard let directory = directory(of: "memory") else { return 0 }
        let file =
            switch hierarchies {
            case .v1: "memory.oom_control"
            case .v2: "memory.events"
            }
        return field("oom_kill", of: try readControl("\(directory)/\(file)")) ?? 0
    }

    /// A directory that lists all processes: any hierarchy does.
    private var membership: String? { directory(of: "pids") ?? directories.first }

    private static func collect(_ directory: String, into found: inout [pid_t]) throws(KernelError)
    {
        do {
            for line in try readControl("\(directory)/cgroup.procs").split(separator: 10) {
                // 0 stands for a process that this pid namespace cannot name.
                if let number = decimal(line), let process = pid_t(exactly: number), process > 0 {
                    found.append(process)
                }
            }
        } catch {
            if error.errno != .noEntry && error.errno != .noDevice { throw error }
        }
        for child in subdirectories(of: directory) { try collect(child, into: &found) }
    }
}
