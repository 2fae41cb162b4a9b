// SPDX-License-Identifier: Apache-2.0

/// Which system calls a container may make.
public enum SeccompChoice: Equatable, Sendable {
    /// The engine's own profile.
    case standard
    /// All.
    case unconfined
    /// Docker's or the runtime specification's JSON.
    case profile(String)
}

/// `--security-opt`, taken apart.
public struct SecurityOptions: Equatable, Sendable {
    public private(set) var seccomp = SeccompChoice.standard
    /// Whether execve(2) grants nothing: no_new_privs of prctl(2).
    public private(set) var noNewPrivileges = false
    /// Whether nothing in /proc and /sys is hidden or protected.
    public private(set) var showsSystemPaths = false
    /// Whether the container may make and limit control groups below its own.
    public private(set) var writableCgroups = false

    /// Reads the options, `key=value` or the older `key:value`.
    /// - Parameter privileged: a privileged container makes all system calls unless a profile is
    ///   given.
    public init(_ options: [String], privileged: Bool = false) throws(ConfigurationError) {
        if privileged { seccomp = .unconfined }
        for option in options { try take(option) }
    }

    private mutating func take(_ option: String) throws(ConfigurationError) {
        guard option != "no-new-privileges" else {
            noNewPrivileges = true
            return
        }
        let separator = option.firstIndex(of: "=") ?? option.firstIndex(of: ":")
        guard let separator else {
            throw ConfigurationError("invalid --security-opt 1: \"\(option)\"")
        }
        let value = String(option[option.index(after: separator)...])
        switch option[..<separator] {
        case "seccomp": seccomp = Self.seccomp(value)
        case "no-new-privileges": noNewPrivileges = try Self.flag(value, of: option)
        case "writable-cgroups": writableCgroups = try Self.flag(value, of: option)
        case "systempaths" where value == "unconfined": showsSystemPaths = true
        // Without AppArmor and SELinux the answer of both is always "unconfined".
        case "apparmor" where value == "unconfined": break
        case "label" where value == "disable": break
        case "apparmor", "label":
            throw ConfigurationError("--security-opt \(option) is not supported yet")
        default: throw ConfigurationError("invalid --security-opt 2: \"\(option)\"")
        }
    }

    private static func seccomp(_ value: String) -> SeccompChoice {
        switch value {
        case "unconfined": .unconfined
        case "builtin", "": .standard
        default: .profile(value)
        }
    }

    private static func flag(_ value: String, of option: String) throws(ConfigurationError) -> Bool
    {
        switch value {
        case "true", "1", "t", "T", "TRUE", "True": return true
        case "false", "0", "f", "F", "FALSE", "False": return false
        default: throw ConfigurationError("invalid --security-opt 2: \"\(option)\"")
        }
    }
}
