// SPDX-License-Identifier: Apache-2.0

/// Signals by name (signal(7)).
public enum Signal {
    /// The kernel's names in the order of their numbers, from 1 on, as on x86 and ARM.
    private static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
        "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
        "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ]

    /// The number of "TERM", "SIGTERM", "sigterm", "15", "RTMIN+3" or "RTMAX-1".
    public static func number(of text: String) throws(InvalidSignal) -> Int32 {
        if let number = Int32(text) {
            guard (1...64).contains(number) else { throw InvalidSignal(text: text) }
            return number
        }
        let upper = text.uppercased()
        let name = upper.hasPrefix("SIG") ? upper.dropFirst(3) : upper[...]
        if let index = names.firstIndex(where: { $0 == name }) { return Int32(index + 1) }
        if let number = realTime(name) { return number }
        switch name {
        case "POLL": return 29
        case "IOT": return 6
        case "CLD": return 17
        default: throw InvalidSignal(text: text)
        }
    }

    /// The name without "SIG"; the number itself for a real-time signal.
    public static func name(of number: Int32) -> String {
        names.indices.contains(Int(number) - 1) ? names[Int(number) - 1] : "\(number)"
    }

    private static func realTime(_ name: Substring) -> Int32? {
        if name == "RTMIN" { return 34 }
        if name == "RTMAX" { return 64 }
        guard name.utf8.count > 6, let offset = Int32(name.dropFirst(6)), (0...30).contains(offset)
        else { return nil }
        if name.hasPrefix("RTMIN+") { return 34 + offset }
        return name.hasPrefix("RTMAX-") ? 64 - offset : nil
    }
}

/// A text that names no signal.
public struct InvalidSignal: Error, Equatable, CustomStringConvertible, Sendable {
    public let text: String
    public var description: String { "Invalid signal: \(text)" }
}
