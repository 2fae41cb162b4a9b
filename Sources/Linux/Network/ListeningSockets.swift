// SPDX-License-Identifier: Apache-2.0

public import Glibc

/// A socket that takes connections or datagrams, as /proc/PID/net lists those of a process's network.
public struct ListeningSocket: Equatable, Sendable {
    public let address: IPAddress
    public let port: UInt16

    public init(_ address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// The sockets of a process's network namespace that listen (TCP) or are bound and not connected
    /// (UDP).
    /// - Parameter transport: "tcp" or "udp".
    public static func all(of process: pid_t, transport: String) -> [ListeningSocket] {
        [transport, transport + "6"].flatMap { file in
            let bytes = (try? contents(of: "/proc/\(process)/net/\(file)")) ?? []
            return parse(
                String(decoding: bytes, as: UTF8.self),
                state: transport == "tcp" ? "0A" : "07")
        }
    }

    /// Reads proc(5)'s table: addresses are words in the host's byte order, in hexadecimal.
    /// - Parameter state: the state to look for: "0A" listens.
    static func parse(_ text: String, state: String) -> [ListeningSocket] {
        text.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 3, fields[3] == state else { return nil }
            let parts = fields[1].split(separator: ":")
            guard parts.count == 2, let port = UInt16(parts[1], radix: 16),
                let address = address(parts[0])
            else { return nil }
            return ListeningSocket(address, port: port)
        }
    }

    private static func address(_ hexadecimal: Substring) -> IPAddress? {
        let digits = Array(hexadecimal.utf8)
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 8) {
            let text = String(decoding: digits[start..<min(start + 8, digits.count)], as: UTF8.self)
            guard let word = UInt32(text, radix: 16) else { return nil }
            withUnsafeBytes(of: word) { bytes += $0 }
        }
        return IPAddress(bytes: bytes)
    }
}
