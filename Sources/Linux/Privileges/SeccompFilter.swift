// SPDX-License-Identifier: Apache-2.0

/// A system call filter before it is compiled: what to do by default, and the rules that say
/// otherwise (seccomp(2)).
public struct SeccompFilter: Equatable, Sendable {
    /// What happens to a call.
    public enum Action: Equatable, Sendable {
        case killProcess, killThread, trap, log, allow
        /// Another process decides, through the listener's descriptor (seccomp_unotify(2)).
        case notify
        /// The call fails with this error number.
        case errno(UInt16)
        /// A tracer decides, and reads this number.
        case trace(UInt16)

        /// The kernel's SECCOMP_RET value.
        public var rawValue: UInt32 {
            switch self {
            case .killProcess: 0x8000_0000
            case .killThread: 0
            case .trap: 0x0003_0000
            case .log: 0x7FFC_0000
            case .allow: 0x7FFF_0000
            case .notify: 0x7FC0_0000
            case .errno(let number): 0x0005_0000 | UInt32(number)
            case .trace(let number): 0x7FF0_0000 | UInt32(number)
            }
        }
    }

    /// A condition on one argument of the call, as an unsigned number of 64 bits.
    public struct Comparison: Equatable, Sendable {
        /// How argument and value are compared.
        public enum Operation: Equatable, Sendable {
            case notEqual, less, lessOrEqual, equal, greaterOrEqual, greater
            /// The argument's bits under this mask are compared for equality.
            case maskedEqual(mask: UInt64)
        }
        /// 0 to 5.
        public let argument: UInt32
        /// Argument first, value second.
        public let operation: Operation
        /// What the argument is compared with.
        public let value: UInt64

        /// A condition: argument, operation, value.
        public init(argument: UInt32, _ operation: Operation, _ value: UInt64) {
            self.argument = argument
            self.operation = operation
            self.value = value
        }
    }

    /// One action for some system calls, when all comparisons hold.
    public struct Rule: Equatable, Sendable {
        /// Names as the kernel's tables have them; those libseccomp does not know are left out.
        public let names: [String]
        /// What happens when all comparisons hold.
        public let action: Action
        /// All must hold; several on one argument are alternatives, as in runc.
        public let comparisons: [Comparison]

        /// A rule for these calls.
        public init(_ names: [String], _ action: Action, when comparisons: [Comparison] = []) {
            self.names = names
            self.action = action
            self.comparisons = comparisons
        }
    }

    /// What happens to calls without a rule.
    public var defaultAction: Action
    /// libseccomp's names ("x86_64", "x86", "x32", "aarch64"); the machine's own is always among
    /// them. A call through any other is answered with the default action.
    public var architectures: [String]
    /// In the order in which libseccomp gets them.
    public var rules: [Rule]

    /// A filter; without architectures, for the machine's own.
    public init(defaultAction: Action, architectures: [String] = [], rules: [Rule] = []) {
        self.defaultAction = defaultAction
        self.architectures = architectures
        self.rules = rules
    }
}

/// Why a filter could not be compiled.
public enum SeccompError: Error, Equatable, CustomStringConvertible, Sendable {
    /// libseccomp does not know the name.
    case unknownArchitecture(String)
    /// libseccomp refused a rule for this system call.
    case rule(String, Errno)
    /// libseccomp failed at this.
    case library(String, Errno)
    /// More instructions than the kernel takes (BPF_MAXINSNS).
    case tooLarge(Int)

    public var description: String {
        switch self {
        case .unknownArchitecture(let name): "unknown seccomp architecture \"\(name)\""
        case .rule(let name, let errno): "add seccomp rule for \(name): \(errno)"
        case .library(let action, let errno): "\(action): \(errno)"
        case .tooLarge(let count): "the seccomp filter has \(count) instructions, at most 4096 fit"
        }
    }
}
