// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

/// The ids of a user namespace (user_namespaces(7)).
struct IDMap {
    let users: [IDMapping]
    let groups: [IDMapping]

    /// Gives the namespace of a process its ids. Root writes them; an ordinary user may map his own
    /// id alone, and gives up setgroups(2) for it, or has the setuid programs newuidmap(1) and
    /// newgidmap(1) write what /etc/subuid and /etc/subgid grant him.
    func write(for pid: pid_t) throws(Errno) {
        if geteuid() == 0 {
            try write(Self.text(users), "uid_map", of: pid)
            return try write(Self.text(groups), "gid_map", of: pid)
        }
        guard isOwnAlone else {
            try run("newuidmap", pid, users)
            return try run("newgidmap", pid, groups)
        }
        try write(Self.text(users), "uid_map", of: pid)
        try write("deny", "setgroups", of: pid)
        try write(Self.text(groups), "gid_map", of: pid)
    }

    /// A user namespace with these ids and nobody in it, for mount_setattr(2).
    func makeNamespace() throws(Errno) -> OwnedFD {
        guard let process = try cloneProcess(into: .user) else {
            try? ThisProcess.dieWithParent(SIGKILL)
            while true { pause() }
        }
        defer {
            try? process.pidfd.send(signal: SIGKILL)
            _ = try? process.pidfd.reap()
        }
        try write(for: process.pid)
        return try OwnedFD.open("/proc/\(process.pid)/ns/user")
    }

    private var isOwnAlone: Bool {
        users.count == 1 && users[0].size == 1 && users[0].hostID == geteuid()
            && groups.count == 1 && groups[0].size == 1 && groups[0].hostID == getegid()
    }

    private func write(_ text: String, _ file: String, of pid: pid_t) throws(Errno) {
        try OwnedFD.open("/proc/\(pid)/\(file)", O_WRONLY).writeAll(Array(text.utf8))
    }

    private static func text(_ mappings: [IDMapping]) -> String {
        mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
    }

    private func run(_ program: String, _ pid: pid_t, _ mappings: [IDMapping]) throws(Errno) {
        let numbers = mappings.flatMap { ["\($0.containerID)", "\($0.hostID)", "\($0.size)"] }
        let program = Program(
            [program, "\(pid)"] + numbers, environment: ["PATH=/usr/bin:/bin:/usr/sbin:/sbin"])
        let child = try fork {
            try? program.execute()
            return 127
        }
        guard try child.reap() == .exited(code: 0) else { throw Errno.notPermitted }
    }
}

extension Spec.Rlimit {
    /// Sets the limit of a process; 0 is this one. Where it may not be raised, what there is stays.
    func set(for pid: pid_t) throws(Errno) {
        guard let resource = ResourceLimit.number(of: type) else { throw Errno.invalid }
        do throws(Errno) {
            try ResourceLimit.set(resource, of: pid, soft: soft, hard: hard)
        } catch {
            guard error == .notPermitted else { throw error }
            try ResourceLimit.raiseAsFarAsAllowed(resource, of: pid, soft: soft, hard: hard)
        }
    }
}
