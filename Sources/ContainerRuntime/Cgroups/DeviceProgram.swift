// SPDX-License-Identifier: Apache-2.0

public import Linux
public import OCI

/// Device rules as the eBPF program that cgroup version 2 has instead of the files of version 1.
///
/// The last rule that names a device and an access decides on it; what no rule names is denied. The
/// program walks the rules from the last to the first: a denying rule that touches an access still
/// open ends it, an allowing rule settles what it names, and nothing left open is consent.
public struct DeviceProgram: Equatable, Sendable {
    /// Eight bytes each, as bpf(2) takes them on a little-endian machine.
    public private(set) var instructions: [UInt64]

    /// Translates rules, which come in the specification's order.
    public init(_ rules: [Resources.DeviceRule]) {
        // struct bpf_cgroup_dev_ctx: type in the lower half and access in the upper half of the
        // first word, then major and minor.
        instructions = [
            .load(.type, offset: 0), .and(.type, 0xFFFF),
            .load(.open, offset: 0), .shiftRight(.open, 16),
            .load(.major, offset: 4), .load(.minor, offset: 8),
        ]
        for rule in rules.reversed() { append(rule) }
        appendVerdict(allowed: false)
    }

    /// Loads the program and puts it in force on a cgroup of version 2.
    public func attach(to directory: String) throws(KernelError) {
        let program = try attempting("load device rules") { () throws(Errno) in
            try OwnedFD.deviceProgram(instructions)
        }
        try program.attach(toCgroup: directory)
    }

    private mutating func append(_ rule: Resources.DeviceRule) {
        let access = rule.accessBits
        var conditions: [(Register, Int32)] = []
        switch rule.type {
        case "b": conditions.append((.type, 1))
        case "c", "u": conditions.append((.type, 2))
        default: break
        }
        if let major = rule.major, major >= 0 {
            conditions.append((.major, Int32(truncatingIfNeeded: major)))
        }
        if let minor = rule.minor, minor >= 0 {
            conditions.append((.minor, Int32(truncatingIfNeeded: minor)))
        }
        // The tail is what happens once the device is the rule's: two instructions, and
        // the verdict's two.
        let tail = 4
        for (index, condition) in conditions.enumerated() {
            let rest = conditions.count - index - 1 + tail
            instructions.append(.jumpUnlessEqual(condition.0, condition.1, over: rest))
        }
        if rule.allow {
            instructions.append(.and(.open, Int32(7 & ~access)))
            instructions.append(.jumpUnlessEqual(.open, 0, over: 2))
        } else {
            instructions.append(.jumpIfAny(.open, Int32(access), over: 1))
            instructions.append(.jump(over: 2))
        }
        appendVerdict(allowed: rule.allow)
    }

    private mutating func appendVerdict(allowed: Bool) {
        instructions += [.move(.result, allowed ? 1 : 0), .exit]
    }
}

extension Resources.DeviceRule {
    /// The kernel's BPF_DEVCG_ACC bits: 1 makes the node, 2 reads, 4 writes; all when none is
    /// named.
    fileprivate var accessBits: UInt32 {
        var bits: UInt32 = 0
        for letter in (access ?? "").utf8 {
            switch letter {
            case UInt8(ascii: "m"): bits |= 1
            case UInt8(ascii: "r"): bits |= 2
            case UInt8(ascii: "w"): bits |= 4
            default: break
            }
        }
        return bits == 0 ? 7 : bits
    }
}

/// The machine's registers that the program uses; 1 holds the context on entry.
private enum Register: UInt64 {
    case result = 0, context = 1, type = 2, open = 3, major = 4, minor = 5
}

/// An instruction is an opcode, two registers of four bits, a jump distance of sixteen bits and a
/// constant of thirty-two: struct bpf_insn.
extension UInt64 {
    private static func instruction(
        _ opcode: UInt64, _ destination: Register, source: UInt64 = 0, offset: Int = 0,
        constant: Int32 = 0
    ) -> UInt64 {
        opcode | destination.rawValue << 8 | source << 12
            | UInt64(UInt16(truncatingIfNeeded: offset)) << 16
            | UInt64(UInt32(bitPattern: constant)) << 32
    }

    fileprivate static func load(_ register: Register, offset: Int) -> UInt64 {
        instruction(0x61, register, source: Register.context.rawValue, offset: offset)
    }
    fileprivate static func and(_ register: Register, _ constant: Int32) -> UInt64 {
        instruction(0x54, register, constant: constant)
    }
    fileprivate static func shiftRight(_ register: Register, _ bits: Int32) -> UInt64 {
        instruction(0x74, register, constant: bits)
    }
    fileprivate static func move(_ register: Register, _ constant: Int32) -> UInt64 {
        instruction(0xB7, register, constant: constant)
    }
    fileprivate static func jump(over count: Int) -> UInt64 {
        instruction(0x05, .result, offset: count)
    }
    fileprivate static func jumpIfAny(
        _ register: Register, _ bits: Int32, over count: Int
    ) -> UInt64 {
        instruction(0x45, register, offset: count, constant: bits)
    }
    fileprivate static func jumpUnlessEqual(
        _ register: Register, _ constant: Int32, over count: Int
    ) -> UInt64 {
        instruction(0x55, register, offset: count, constant: constant)
    }
    fileprivate static var exit: UInt64 { instruction(0x95, .result) }
}
