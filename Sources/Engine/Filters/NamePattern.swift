// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A regular expression as filters of names take it, found anywhere in a name (regcomp(3)).
///
/// Go's syntax is POSIX's extended one for what people write here; `\d` and its kin, `(?:` and a
/// leading `(?i)` are translated. One that does not compile matches only itself, as in Docker.
final class NamePattern {
    private let text: String
    private var expression = regex_t()
    private let isCompiled: Bool

    init(_ pattern: String) {
        text = pattern
        var body = Substring(pattern)
        var flags = REG_EXTENDED | REG_NOSUB
        if body.hasPrefix("(?i)") {
            body = body.dropFirst(4)
            flags |= REG_ICASE
        }
        var compiled = regex_t()
        guard let posix = Self.translated(Array(body.utf8)),
            regcomp(&compiled, posix, flags) == 0
        else {
            isCompiled = false
            return
        }
        expression = compiled
        isCompiled = true
    }

    deinit { if isCompiled { regfree(&expression) } }

    func matches(_ name: String) -> Bool {
        if name == text { return true }
        return isCompiled && regexec(&expression, name, 0, nil, 0) == 0
    }

    /// The pattern in POSIX's syntax; nil for what it lacks, such as references back.
    private static func translated(_ pattern: [UInt8]) -> String? {
        var result: [UInt8] = []
        var position = 0
        while position < pattern.count {
            let byte = pattern[position]
            position += 1
            if byte == UInt8(ascii: "("), pattern[position...].starts(with: "?".utf8) {
                guard pattern[position...].starts(with: "?:".utf8) else { return nil }
                position += 2
                result.append(byte)
            } else if byte == UInt8(ascii: "\\") {
                guard position < pattern.count, let set = escape(pattern[position]) else {
                    return nil
                }
                position += 1
                result += set
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func escape(_ byte: UInt8) -> [UInt8]? {
        switch byte {
        case UInt8(ascii: "d"): Array("[0-9]".utf8)
        case UInt8(ascii: "D"): Array("[^0-9]".utf8)
        case UInt8(ascii: "A"): Array("^".utf8)
        case UInt8(ascii: "z"): Array("$".utf8)
        case UInt8(ascii: "w"), UInt8(ascii: "W"), UInt8(ascii: "s"), UInt8(ascii: "S"),
            UInt8(ascii: "b"), UInt8(ascii: "B"):
            [UInt8(ascii: "\\"), byte]
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            nil
        default: [UInt8(ascii: "\\"), byte]
        }
    }
}
