// SPDX-License-Identifier: Apache-2.0

/// The keys that let a client leave a terminal session while the container goes on, and the memory
/// of how many of them were typed. The keys typed so far are held back until the next one decides.
public struct DetachKeys: Equatable, Sendable {
    /// The bytes that the terminal sends for the keys; empty when nothing detaches.
    public let sequence: [UInt8]
    private var matched = 0

    /// Docker's own: Ctrl-P, Ctrl-Q.
    public static let standard = DetachKeys(sequence: [16, 17])

    init(sequence: [UInt8]) { self.sequence = sequence }

    /// Parses `--detach-keys`: keys separated by commas, each one character or `ctrl-` with one of
    /// `a-z @ [ \ ] ^ _`. The empty text gives the standard keys.
    public init(parsing text: String) throws(DetachKeysError) {
        if text.isEmpty {
            self = .standard
            return
        }
        var sequence: [UInt8] = []
        for key in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let byte = DetachKeys.byte(of: Array(key)) else {
                throw DetachKeysError(key: String(decoding: key, as: UTF8.self))
            }
            sequence.append(byte)
        }
        self.sequence = sequence
    }

    private static func byte(of key: [UInt8]) -> UInt8? {
        if key.count == 1 { return key[0] < 0x80 ? key[0] : nil }
        guard key.count == 6, key.starts(with: Array("ctrl-".utf8)) else { return nil }
        switch key[5] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): return key[5] - UInt8(ascii: "a") + 1
        case UInt8(ascii: "@"): return 0
        case UInt8(ascii: "[")...UInt8(ascii: "_"): return key[5] - UInt8(ascii: "@")
        default: return nil
        }
    }

    /// Takes what was typed.
    /// - Returns: what goes on to the container, and whether the sequence was completed; what was
    ///   typed after it is dropped.
    public mutating func filter(_ typed: UnsafeRawBufferPointer) -> (bytes: [UInt8], detached: Bool)
    {
        var bytes: [UInt8] = []
        if sequence.isEmpty { return (Array(typed), false) }
        for byte in typed {
            if byte == sequence[matched] {
                matched += 1
                if matched == sequence.count {
                    matched = 0
                    return (bytes, true)
                }
                continue
            }
            // What was held back was meant for the container after all; and `byte` may begin anew,
            // also in the middle of what was held (a,a,b typed as a,a,a,b).
            let held = Array(sequence[..<matched]) + [byte]
            matched = longestStart(endingIn: held)
            bytes += held.dropLast(matched)
        }
        return (bytes, false)
    }

    private func longestStart(endingIn held: [UInt8]) -> Int {
        for count in stride(from: min(held.count, sequence.count - 1), to: 0, by: -1)
        where held.suffix(count).elementsEqual(sequence.prefix(count)) { return count }
        return 0
    }
}

/// `--detach-keys` does not name keys.
public struct DetachKeysError: Error, Equatable, CustomStringConvertible, Sendable {
    public let key: String

    /// Docker's words.
    public var description: String { "Unknown character: '\(key)'" }
}
