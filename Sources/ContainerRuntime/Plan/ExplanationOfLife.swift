// SPDX-License-Identifier: Apache-2.0

internal import OCI

extension KernelStep {
    /// The steps by which engine, process and hooks wait for each other.
    var explanationOfLife: Explanation {
        switch self {
        case .newKeyring:
            Explanation(
                "begin a session keyring", "keyctl(KEYCTL_JOIN_SESSION_KEYRING)",
                "keyctl session …", "Away from the caller's keys.")
        case .moveRoot:
            Explanation(
                "move into the root file system",
                "umount2(\"/proc\"), umount2(\"/sys\"), chroot(\".\")",
                "umount -l /proc /sys; chroot .",
                "For a root that pivot_root(2) refuses; the host's files are covered, not gone.")
        case .awaitProcess:
            Explanation(
                "wait for the process", "read(report)", "wait",
                "Its file systems are mounted and not yet entered: the time for hooks.")
        case .awaitEngine:
            Explanation(
                "wait for the engine", "write(report), read(gate)", "kill -STOP $$",
                "The engine's hooks run now, and one of them may forbid the container.")
        case .findProgram(let arguments, _):
            Explanation(
                "find \(arguments.first ?? "")", "access(\"\(arguments.first ?? "")\", X_OK)",
                "command -v \(arguments.first ?? "")",
                "Who creates a container shall hear that its program is missing.")
        case .awaitStart:
            Explanation(
                "wait for the start", "read(start)", "read < start",
                "Created, complete, and waiting; nobody else needs to live for that.")
        case .keepDescriptors(let count):
            Explanation(
                "keep \(count) descriptors", "close_range(\(3 + count), ~0, CLOSE_RANGE_CLOEXEC)",
                "… 3<&3", "The caller has opened them for the program.")
        case .runHook(let hook):
            Explanation(
                "run the \(hook.kind.rawValue) hook \(hook.hook.path)",
                "clone3(), execve(\"\(hook.hook.path)\"), waitid()",
                "\(hook.hook.path) < state.json", "A program of the operator's.")
        default: Explanation("", "", "", "")
        }
    }
}
