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
    /// A failure of this step in words. A few say more than that the argument was invalid.
    func failure(_ errno: Errno) -> RuntimeError {
        switch (self, errno) {
        case (.openNamespace(let path, let kind, _), .invalid):
            let name = Namespaces.all.first { $0.kind == kind }?.file ?? "?"
            return .invalidSpec("\(path) is not a namespace of the type \(name)")
        case (.findSecurityModule(let label), _):
            return .invalidSpec(
                "the label \"\(label.text)\" needs \(label.module), which this kernel has not "
                    + "enabled")
        case (.makeResourceGroup, .noDevice):
            return .invalidSpec("intelRdt needs resctrl mounted on \(ResourceGroup.mount)")
        case (.makeResourceGroup(let group), .noEntry) where group.isShared:
            return .invalidSpec("there is no resctrl group \(group.name), and no shares for one")
        case (.makeResourceGroup(let group), .exists):
            return .invalidSpec("the resctrl group \(group.name) has other shares")
        case (.mount(let mount), .symlinkLoop) where mount.refusesLinks:
            return .invalidSpec(
                "\(mount.type) must be mounted on a directory, and \(mount.target) is a link")
        case (.makeDevice(let device), .noDevice):
            return .invalidSpec(
                "\(device.path) of the host is not the device \(device.major):\(device.minor)")
        case (.createOverlay(let overlay), .invalid) where overlay.shiftsOwners:
            return .step(
                "\(explanation.action) with shifted owners (the file system of the engine's root "
                    + "directory must know id-mapped mounts, as ext4, xfs and btrfs do; "
                    + "--userns=host needs none)", errno)
        default: return .step(explanation.action, errno)
        }
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
