// SPDX-License-Identifier: Apache-2.0

public import Linux
public import OCI

/// What is wrong with a system call filter that the user gave us.
public struct SeccompProfileError: Error, Equatable, CustomStringConvertible, Sendable {
    public let description: String
}

extension SeccompFilter {
    /// The specification's words as the compiler's values.
    /// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#seccomp
    public init(_ seccomp: Seccomp) throws(SeccompProfileError) {
        var architectures: [String] = []
        for name in seccomp.architectures {
            guard name.hasPrefix("SCMP_ARCH_") else {
                throw SeccompProfileError(description: "unknown seccomp architecture \"\(name)\"")
            }
            architectures.append(name.dropFirst(10).lowercased())
        }
        var rules: [Rule] = []
        for rule in seccomp.syscalls {
            let action = try Action(rule.action, errno: rule.errnoRet)
            var comparisons: [Comparison] = []
            for argument in rule.args { comparisons.append(try Comparison(argument)) }
            rules.append(Rule(rule.names, action, when: comparisons))
        }
        let defaultAction = try Action(seccomp.defaultAction, errno: seccomp.defaultErrnoRet)
        guard defaultAction != .notify else {
            throw SeccompProfileError(
                description: "SCMP_ACT_NOTIFY cannot be the seccomp profile's default action")
        }
        self.init(
            defaultAction: defaultAction, architectures: architectures, rules: rules)
    }
}

extension SeccompFilter.Action {
    init(_ name: String, errno number: UInt32?) throws(SeccompProfileError) {
        // EPERM when nothing is said; the kernel knows 4095 numbers (MAX_ERRNO).
        guard let number = UInt16(exactly: number ?? 1), number <= 4095 else {
            throw SeccompProfileError(description: "seccomp errnoRet \(number ?? 0) is too large")
        }
        switch name {
        case "SCMP_ACT_ALLOW": self = .allow
        case "SCMP_ACT_ERRNO": self = .errno(number)
        case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": self = .killThread
        case "SCMP_ACT_KILL_PROCESS": self = .killProcess
        case "SCMP_ACT_TRAP": self = .trap
        case "SCMP_ACT_TRACE": self = .trace(number)
        case "SCMP_ACT_LOG": self = .log
        case "SCMP_ACT_NOTIFY": self = .notify
        default: throw SeccompProfileError(description: "unknown seccomp action \"\(name)\"")
        }
    }
}

extension SeccompFilter.Comparison {
    init(_ argument: Seccomp.Argument) throws(SeccompProfileError) {
        guard argument.index < 6 else {
            throw SeccompProfileError(
                description: "a system call has no argument \(argument.index)")
        }
        let operation: Operation
        var value = argument.value
        switch argument.op {
        case "SCMP_CMP_NE": operation = .notEqual
        case "SCMP_CMP_LT": operation = .less
        case "SCMP_CMP_LE": operation = .lessOrEqual
        case "SCMP_CMP_EQ": operation = .equal
        case "SCMP_CMP_GE": operation = .greaterOrEqual
        case "SCMP_CMP_GT": operation = .greater
        case "SCMP_CMP_MASKED_EQ":
            // The mask comes first, what is left under it second.
            operation = .maskedEqual(mask: argument.value)
            value = argument.valueTwo ?? 0
        default:
            throw SeccompProfileError(
                description: "unknown seccomp comparison \"\(argument.op)\"")
        }
        self.init(argument: argument.index, operation, value)
    }
}

extension Seccomp {
    /// The profile's flags as bits of seccomp(2), for `loadSeccomp`.
    public func kernelFlags() throws(SeccompProfileError) -> UInt32 {
        var bits: UInt32 = notifies ? 1 << 3 : 0
        for flag in flags {
            switch flag {
            // The kernel takes either it or a listener; the process has one thread in any case.
            case "SECCOMP_FILTER_FLAG_TSYNC": bits |= notifies ? 0 : 1 << 0
            case "SECCOMP_FILTER_FLAG_LOG": bits |= 1 << 1
            case "SECCOMP_FILTER_FLAG_SPEC_ALLOW": bits |= 1 << 2
            case "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV":
                guard notifies else {
                    throw SeccompProfileError(
                        description: "\(flag) needs a rule with SCMP_ACT_NOTIFY")
                }
                bits |= 1 << 5
            default: throw SeccompProfileError(description: "unknown seccomp flag \"\(flag)\"")
            }
        }
        return bits
    }

    /// Whether another process decides on some calls.
    public var notifies: Bool { syscalls.contains { $0.action == "SCMP_ACT_NOTIFY" } }

    /// The flags that `kernelFlags` understands.
    public static let knownFlags = [
        "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
    ]
}
