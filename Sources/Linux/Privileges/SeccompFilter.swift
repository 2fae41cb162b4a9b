// SPDX-License-Identifier: Apache-2.0

/// A system call filter before it is compiled: what to do by default, and the rules that say
/// otherwise (seccomp(2)).
public struct SeccompFilter: Equatable, Sendable {
    public enum Action: Equatable, Sendable {
        case killProcess, killThread, trap, log, allow
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
            case .errno(let number): 0x0005_0000 | UInt32(number)
            case .trace(let number): 0x7FF0_0000 | UInt32(number)
            }
        }
    }

    /// A condition on one argument of the call, as an unsigned number of 64 bits.
    public struct Comparison: Equatable, Sendable {
        public enum Operation: Equatable, Sendable {
            case notEqual, less, lessOrEqual, equal, greaterOrEqual, greater
            /// The argument's bits under this mask are compared for equality.
            case maskedEqual(mask: UInt64)
        }
        /// 0 to 5.
        public let argument: UInt32
        public let operation: Operation
        public let value: UInt64

        public init(argument: UInt32, _ operation: Operation, _ value: UInt64) {
            self.argument = argument
            self.operation = operation
            self.value = value
        }
    }

    /// One action for some system calls, when all comparisons hold.
    public struct Rule: Equatable, Sendable {
        public let names: [String]
        public let action: Action
        public let comparisons: [Comparison]

        public init(_ names: [String], _ action: Action, when comparisons: [Comparison] = []) {
            self.names = names
            self.action = action
            self.comparisons = comparisons
        }
    }

    public var defaultAction: Action
    /// libseccomp's names ("x86_64", "x86", "x32", "aarch64"); the machine's own is always among
    /// them. A call through any other is answered with the default action.
    public var architectures: [String]
    public var rules: [Rule]

    public init(defaultAction: Action, architectures: [String] = [], rules: [Rule] = []) {
        self.defaultAction = defaultAction
        self.architectures = architectures
        self.rules = rules
    }
}

/// Why a filter could not be compiled.
public enum SeccompError: Error, Equatable, CustomStringConvertible, Sendable {
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
