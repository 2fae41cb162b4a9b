// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

/// Who the process becomes.
struct Identity: Equatable {
    var uid: UInt32 = 0
    var gid: UInt32 = 0
    var groups: [UInt32] = []
    var home: String?
}

extension Inside {
    mutating func identify(_ selection: UserSelection) throws(StepFailure) {
        let database = UserDatabase(
            passwd: readAccounts("etc/passwd"), group: readAccounts("etc/group"))
        switch selection {
        case .ids(let user):
            identity = Identity(
                uid: user.uid, gid: user.gid, groups: user.additionalGids,
                home: database.home(of: user.uid))
        case .named(let text, let groups):
            do throws(RuntimeError) {
                identity = try database.identity(of: text, groups: groups)
            } catch {
                if case .noSuchGroup = error {
                    throw StepFailure(kind: .noSuchGroup, errno: .noEntry)
                }
                throw StepFailure(kind: .noSuchUser, errno: .noEntry)
            }
        }
    }

    /// The container's own account files are data from a stranger: only a plain file of bounded
    /// size is read, and nothing that would block.
    private func readAccounts(_ path: String) -> [UInt8] {
        guard let file = try? OwnedFD.open(path, beneath: root, O_RDONLY | O_NONBLOCK) else {
            return []
        }
        var status = stat()
        guard fstat(file.raw, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            let bytes = try? file.readAll(limit: 4 << 20)
        else { return [] }
        return bytes
    }

    func use(_ streams: StreamSlots) throws(Errno) {
        for (number, slot) in [streams.input, streams.output, streams.error].enumerated() {
            let fd = descriptors[slot]
            guard fd >= 0 else { continue }
            try syscall { dup2(fd, CInt(number)) }
        }
    }

    /// A program that opens /dev/stdout again needs to own what is behind it. That is done to pipes
    /// and to the container's terminals alone: a file or a terminal that the caller passed on is
    /// the host's. The group stays: a terminal's is "tty".
    func ownStreams() {
        for fd in CInt(0)...2 {
            switch FilesystemKind(of: fd) {
            case .pipe, .devpts: fchown(fd, identity.uid, .max)
            case .proc, .tmpfs, .other: continue
            }
        }
    }

    /// The working directory is made when absent, as Docker does, by root.
    func makeWorkingDirectory(_ path: String) throws(Errno) {
        guard path != "/" else { return }
        _ = try paths.makeDirectory(path)
    }

    func setUser(_ capabilities: CapabilityPlan) throws(Errno) {
        try dropBounding(keeping: capabilities.bounding)
        try ThisProcess.keepCapabilities(true)
        let identity = identity
        if keepsGroups, identity.groups.allSatisfy({ $0 == identity.gid }) {
            try ThisProcess.setIdentity(uid: identity.uid, gid: identity.gid)
        } else {
            try ThisProcess.setIdentity(
                uid: identity.uid, gid: identity.gid, groups: identity.groups)
        }
        try ThisProcess.keepCapabilities(false)
        try ThisProcess.hideFromProc()
    }

    /// Loads a filter that leaves calls to an agent. The engine fetches the descriptor: this process
    /// perhaps may do nothing any more until the agent answers.
    func load(
        _ program: SeccompProgram, telling word: SharedWord?
    ) throws(StepFailure) {
        do throws(Errno) {
            let number = try loadSeccomp(program: program.instructions, flags: program.flags)
            guard let word else { throw Errno.noMemory }
            try word.offer(number)
        } catch { throw StepFailure(kind: .kernel, errno: error) }
    }

    /// A process that is not root keeps what Docker lets it keep: nothing, unless ambient. What the
    /// engine itself lacks (it may run with a cut bounding set), a privileged container lacks too.
    func set(_ capabilities: CapabilityPlan) throws(Errno) {
        let isRoot = identity.uid == 0
        let available = try currentCapabilities().permitted
        let ambient = capabilities.ambient.intersection(available)
        try setCapabilities(
            effective: isRoot ? capabilities.effective.intersection(available) : ambient,
            permitted: isRoot ? capabilities.permitted.intersection(available) : ambient,
            inheritable: capabilities.inheritable.intersection(available).union(ambient))
        try setAmbient(ambient)
    }

    /// Root may enter directories that its user may not; on some file systems it is the other way
    /// round, so a refusal is left to the second attempt.
    mutating func enterWorkingDirectoryAsRoot(_ path: String) throws(Errno) {
        do throws(Errno) {
            try syscall { chdir(path) }
            isInWorkingDirectory = true
        } catch { if error != .accessDenied && error != .notPermitted { throw error } }
    }

    /// Enters the working directory and makes sure that it lies inside: a descriptor left open by
    /// the engine could otherwise carry the process out (CVE-2024-21626).
    func enterWorkingDirectory(_ path: String) throws(Errno) {
        if !isInWorkingDirectory { try syscall { chdir(path) } }
        guard try ThisProcess.workingDirectory().hasPrefix("/") else { throw Errno.noEntry }
    }
}
