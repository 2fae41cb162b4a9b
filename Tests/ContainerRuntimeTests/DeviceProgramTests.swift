// SPDX-License-Identifier: Apache-2.0

@testable import ContainerRuntime
import Glibc
import Linux
import OCI
import Testing

/// Runs the few instructions that a device program is made of; nil for anything else, for a jump
/// out of the program and for no end.
private func verdict(
    of program: [UInt64], type: UInt32, access: UInt32, major: UInt32, minor: UInt32
) -> Bool? {
    let context = [type | access << 16, major, minor]
    var registers = [UInt64](repeating: 0, count: 16)
    var next = 0
    while program.indices.contains(next) {
        let word = program[next]
        let destination = Int(word >> 8 & 15)
        let offset = Int(Int16(truncatingIfNeeded: word >> 16))
        let constant = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: word >> 32)))
        next += 1
        switch word & 0xFF {
        case 0x61: registers[destination] = UInt64(context[offset / 4])
        case 0x54: registers[destination] = registers[destination] & constant & 0xFFFF_FFFF
        case 0x74: registers[destination] >>= constant
        case 0xB7: registers[destination] = constant
        case 0x05: next += offset
        case 0x45: if registers[destination] & constant != 0 { next += offset }
        case 0x55: if registers[destination] != constant { next += offset }
        case 0x95: return registers[0] == 1
        default: return nil
        }
    }
    return nil
}

struct DeviceProgramTests {
    /// Docker's own rules, in the specification's order.
    static let docker: [Resources.DeviceRule] = [
        .init(allow: false), .init(allow: true, type: "c", major: 1, minor: 3),
        .init(allow: true, type: "c", major: 5, minor: 0),
        .init(allow: true, type: "c", major: 136), .init(allow: true, type: "c", access: "m"),
        .init(allow: true, type: "b", access: "m"),
    ]
    /// Reading and writing granted by different rules, and a piece taken back.
    static let layered: [Resources.DeviceRule] = [
        .init(allow: true, type: "b", major: 8, access: "r"),
        .init(allow: true, type: "b", major: 8, access: "w"),
        .init(allow: false, type: "b", major: 8, minor: 1, access: "w"),
        .init(allow: true, type: "c", major: -1, minor: 9, access: "rwm"),
    ]
    private static let (block, char): (UInt32, UInt32) = (1, 2)
    private static let (make, read, write): (UInt32, UInt32, UInt32) = (1, 2, 4)

    @Test(
        arguments: [
            (docker, char, read | write, 1, 3, true), (docker, char, read, 1, 1, false),
            (docker, block, read, 1, 3, false), (docker, char, read | write, 136, 7, true),
            (docker, char, make, 10, 200, true), (docker, char, make | read, 10, 200, false),
            (docker, block, make, 8, 0, true), (docker, block, read, 8, 0, false),
            (docker, char, write, 5, 0, true), (docker, char, write, 5, 1, false),
            (layered, block, read | write, 8, 0, true), (layered, block, read | write, 8, 1, false),
            (layered, block, read, 8, 1, true), (layered, block, make, 8, 0, false),
            (layered, char, make | read | write, 200, 9, true),
            (layered, char, read, 200, 8, false),
            ([], char, read, 1, 3, false), ([.init(allow: true)], block, 7, 8, 0, true),
            ([.init(allow: true), .init(allow: false)], block, read, 8, 0, false),
            ([.init(allow: false), .init(allow: true, access: "")], char, 7, 1, 1, true),
        ] as [([Resources.DeviceRule], UInt32, UInt32, UInt32, UInt32, Bool)])
    func decides(
        _ rules: [Resources.DeviceRule], _ type: UInt32, _ access: UInt32, _ major: UInt32,
        _ minor: UInt32, _ allowed: Bool
    ) {
        let program = DeviceProgram(rules).instructions
        #expect(
            verdict(of: program, type: type, access: access, major: major, minor: minor) == allowed)
    }

    /// The kernel's verifier takes it and a version 2 group keeps it, where the tests run as root.
    @Test(.enabled(if: geteuid() == 0 && version2Mount != nil))
    func theKernelTakesIt() throws {
        let directory = "\(try #require(version2Mount))/swocker-test-\(getpid())"
        try makeDirectory(directory)
        defer { rmdir(directory) }
        try DeviceProgram(Self.docker).attach(to: directory)
        try DeviceProgram(Self.layered).attach(to: directory)
    }
}
