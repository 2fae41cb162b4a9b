// SPDX-License-Identifier: Apache-2.0

public import Linux

/// Why a container did not start.
public enum RuntimeError: Error, Equatable, Sendable {
    /// The specification asks for something that cannot be.
    case invalidSpec(String)
    /// A step failed; the text says what was tried, on what, and what the kernel answered.
    case step(String, Errno)
    /// The program could not be executed.
    case execute(program: String, Errno)
    /// The container's passwd or group file has no such entry.
    case noSuchUser(String)
    /// A hook failed; the text says which, and how.
    case hook(String)
    /// The control group or its unit cannot be as asked; the text says what to do.
    case cgroup(String)
    case noSuchGroup(String)
}

extension KernelStep {
    /// What to say when the engine's side failed at this step.
    func failure(_ errno: Errno) -> RuntimeError {
        guard case .createOverlay(let overlay) = self, errno == .invalid, overlay.shiftsOwners
        else { return .step(explanation.action, errno) }
        return .step(
            "\(explanation.action) with shifted owners (the file system of the engine's root "
                + "directory must know id-mapped mounts, as ext4, xfs and btrfs do; "
                + "--userns=host needs none)", errno)
    }
}

extension RuntimeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidSpec(let text), .hook(let text), .cgroup(let text): text
        case .step(let text, let errno): "\(text): \(errno)"
        case .execute(let program, let errno): Self.execution(of: program, errno)
        case .noSuchUser(let name):
            "unable to find user \(name): no matching entries in passwd file"
        case .noSuchGroup(let name):
            "unable to find group \(name): no matching entries in group file"
        }
    }

    /// Docker's words: scripts look for them.
    private static func execution(of program: String, _ errno: Errno) -> String {
        switch errno {
        case .noEntry where !program.contains("/"):
            "exec: \"\(program)\": executable file not found in $PATH"
        case .noEntry: "exec: \"\(program)\": stat \(program): no such file or directory"
        case .notExecutableFormat: "exec \(program): exec format error"
        default: "exec: \"\(program)\": \(errno)"
        }
    }
}
