// SPDX-License-Identifier: Apache-2.0

internal import Linux

/// What a refusal of the kernel's means for a control group, and what to do about it. The files are
/// looked at only now that something has failed.
struct CgroupFailure: CustomStringConvertible {
    let description: String

    private init(description: String) { self.description = description }

    /// Nil when the kernel's own word says all that there is to say.
    init?(_ step: KernelStep, _ errno: Errno) {
        switch step {
        case .makeCgroup(let cgroup) where errno == .busy:
            self.init(description: "cgroup \(cgroup.path) is in use: other processes are in it")
        case .makeCgroup(let cgroup), .enterCgroup(let cgroup):
            guard errno == .accessDenied || errno == .readOnly || errno == .notPermitted else {
                return nil
            }
            self.init(
                description: "make cgroup \(cgroup.path): \(errno): "
                    + "its parent must be delegated to this user")
        case .writeCgroup(let setting):
            self.init(setting, errno)
        default: return nil
        }
    }

    /// Why a setting could not be written.
    init?(_ setting: CgroupSetting, _ errno: Errno) {
        guard errno == .noEntry, let slash = setting.file.lastIndex(of: "/") else { return nil }
        let directory = String(setting.file[..<slash])
        let file = String(setting.file[setting.file.index(after: slash)...])
        self.init(description: Self.absence(of: file, in: directory))
    }

    /// A group of version 2 has the files of the controllers that its parent passes down.
    private static func absence(of file: String, in directory: String) -> String {
        let controller = String(file.prefix { $0 != "." })
        guard let own = words(of: "\(directory)/cgroup.controllers") else {
            return "the kernel has no \(file) for cgroup \(directory)"
        }
        if own.contains(controller) { return "the kernel has no \(file) for cgroup \(directory)" }
        let missing = "missing cgroup controller \(controller) for \(file)"
        let parent = String(directory[..<(directory.lastIndex(of: "/") ?? directory.endIndex)])
        guard words(of: "\(parent)/cgroup.controllers")?.contains(controller) == true else {
            return "\(missing): neither the kernel nor \(parent) offers it; drop the limit"
        }
        let members = (try? contents(of: "\(parent)/cgroup.procs", limit: 1 << 20)) ?? []
        guard members.isEmpty else {
            return "\(missing): processes in \(parent) are in the way; move them to a group below"
        }
        return "\(missing): \(parent)/cgroup.subtree_control does not pass it down"
    }

    private static func words(of file: String) -> [String]? {
        guard let text = try? contents(of: file, limit: 1 << 16) else { return nil }
        return String(decoding: text, as: UTF8.self)
            .split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init)
    }
}
