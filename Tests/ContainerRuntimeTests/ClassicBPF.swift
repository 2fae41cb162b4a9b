// SPDX-License-Identifier: Apache-2.0

/// A system call as a seccomp filter sees it: struct seccomp_data.
struct FilteredCall {
    var number: UInt32
    var architecture: UInt32
    var arguments: [UInt64] = []

    static let x86_64: UInt32 = 0xC000_003E
    static let i386: UInt32 = 0x4000_0003

    static func x86_64(_ number: UInt32, _ arguments: UInt64...) -> FilteredCall {
        FilteredCall(number: number, architecture: x86_64, arguments: arguments)
    }
    static func x32(_ number: UInt32, _ arguments: UInt64...) -> FilteredCall {
        FilteredCall(number: number | 1 << 30, architecture: x86_64, arguments: arguments)
    }
    static func i386(_ number: UInt32, _ arguments: UInt64...) -> FilteredCall {
        FilteredCall(number: number, architecture: i386, arguments: arguments)
    }

    /// The word at a byte offset of the structure.
    func word(_ offset: UInt32) -> UInt32? {
        switch offset {
        case 0: return number
        case 4: return architecture
        case 8, 12: return 0
        case 16..<64 where offset % 4 == 0:
            let index = Int(offset - 16) / 8
            let value = arguments.indices.contains(index) ? arguments[index] : 0
            return UInt32(truncatingIfNeeded: offset % 8 == 0 ? value : value >> 32)
        default: return nil
        }
    }
}

/// Runs a classic BPF program on one call; nil for an instruction we don't know and for a jump out
/// of the program.
func run(_ program: [UInt8], on call: FilteredCall) -> UInt32? {
    var accumulator: UInt32 = 0
    var next = 0
    while next + 8 <= program.count {
        let opcode = UInt16(program[next]) | UInt16(program[next + 1]) << 8
        let (whenTrue, whenFalse) = (Int(program[next + 2]), Int(program[next + 3]))
        let constant = (0..<4).reduce(UInt32(0)) { $0 | UInt32(program[next + 4 + $1]) << (8 * $1) }
        next += 8
        func jump(_ condition: Bool) { next += 8 * (condition ? whenTrue : whenFalse) }
        switch opcode {
        case 0x20:
            guard let word = call.word(constant) else { return nil }
            accumulator = word
        case 0x05: next += 8 * Int(constant)
        case 0x15: jump(accumulator == constant)
        case 0x25: jump(accumulator > constant)
        case 0x35: jump(accumulator >= constant)
        case 0x45: jump(accumulator & constant != 0)
        case 0x54: accumulator &= constant
        case 0x06: return constant
        default: return nil
        }
    }
    return nil
}
