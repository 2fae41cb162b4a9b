// SPDX-License-Identifier: Apache-2.0

/// The keys that leave a container running: what the terminal sends for them.
struct DetachKeys: Equatable {
    let bytes: [UInt8]

    /// Control-P, Control-Q.
    static let standard: [UInt8] = [0x10, 0x11]

    /// Reads a comma list of single characters and `ctrl-` with one of `a-z@[\]^_`; an empty text
    /// means the standard keys.
    init(_ text: String) throws {
        if text.isEmpty {
            bytes = Self.standard
            return
        }
        bytes = try text.split(separator: ",", omittingEmptySubsequences: false).map { key in
            guard let code = Self.code(key) else {
                throw UsageError("Invalid detach keys (\(text)) provided")
            }
            return code
        }
    }

    private static func code(_ key: Substring) -> UInt8? {
        let letters = Array(key.utf8)
        if letters.count == 1 { return letters[0] }
        if key == "DEL" { return 0x7F }
        guard key.hasPrefix("ctrl-"), letters.count == 6 else { return nil }
        switch letters[5] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): return letters[5] - 0x60
        case UInt8(ascii: "@"), UInt8(ascii: "[")...UInt8(ascii: "_"): return letters[5] - 0x40
        default: return nil
        }
    }
}
