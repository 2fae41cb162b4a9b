// SPDX-License-Identifier: Apache-2.0

/// A pattern for paths: `*` and `?` stop at a slash, `**` does not, `[a-z]` is one of several, and a
/// backslash makes what follows stand for itself.
///
/// https://docs.docker.com/build/concepts/context/#dockerignore-files
public struct PathPattern: Equatable, Sendable {
    private enum Part: Equatable, Sendable {
        case exactly(UInt8)
        /// Anything but a slash.
        case one
        /// Any number of anything but slashes.
        case run
        /// Any number of anything.
        case everything
        /// Nothing, or anything up to a slash.
        case directories
        case among([ClosedRange<UInt8>], isNegated: Bool)
    }
    private let parts: [Part]

    /// nil for a pattern that is not whole: an open bracket, a backslash at the end.
    public init?(_ text: String) {
        var parts: [Part] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*"):
                guard rest.first == UInt8(ascii: "*") else {
                    parts.append(.run)
                    continue
                }
                while rest.first == UInt8(ascii: "*") { rest.removeFirst() }
                if rest.first == UInt8(ascii: "/") {
                    rest.removeFirst()
                    parts.append(.directories)
                } else {
                    parts.append(.everything)
                }
            case UInt8(ascii: "?"): parts.append(.one)
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst() else { return nil }
                parts.append(.exactly(next))
            case UInt8(ascii: "["):
                guard let part = Self.brackets(&rest) else { return nil }
                parts.append(part)
            default: parts.append(.exactly(byte))
            }
        }
        self.parts = parts
    }

    private static func brackets(_ rest: inout ArraySlice<UInt8>) -> Part? {
        var isNegated = false
        if let first = rest.first, first == UInt8(ascii: "^") {
            isNegated = true
            rest.removeFirst()
        }
        var ranges: [ClosedRange<UInt8>] = []
        func character(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
            guard let byte = rest.popFirst() else { return nil }
            return byte == UInt8(ascii: "\\") ? rest.popFirst() : byte
        }
        while rest.first != UInt8(ascii: "]") || ranges.isEmpty {
            guard let low = character(&rest) else { return nil }
            guard rest.first == UInt8(ascii: "-"), rest.dropFirst().first != UInt8(ascii: "]")
            else {
                ranges.append(low...low)
                continue
            }
            rest.removeFirst()
            guard let high = character(&rest), low <= high else { return nil }
            ranges.append(low...high)
        }
        rest.removeFirst()
        return .among(ranges, isNegated: isNegated)
    }

    /// Whether anything in it stands for more than itself.
    public static func isPattern(_ text: String) -> Bool {
        text.utf8.contains { "*?[\\".utf8.contains($0) }
    }

    /// Whether all of a path fits. The work grows with pattern times path, whatever they are.
    public func fits(_ path: some Collection<UInt8>) -> Bool {
        var open = [Bool](repeating: false, count: parts.count + 1)
        open[0] = true
        skip(&open)
        var isAtStart = true
        for byte in path {
            var next = [Bool](repeating: false, count: parts.count + 1)
            for (place, part) in parts.enumerated() where open[place] {
                switch part {
                case .exactly(let own): if own == byte { next[place + 1] = true }
                case .one: if byte != slash { next[place + 1] = true }
                case .among(let ranges, let isNegated):
                    if byte != slash, ranges.contains(where: { $0.contains(byte) }) != isNegated {
                        next[place + 1] = true
                    }
                case .run: if byte != slash { next[place] = true }
                case .everything: next[place] = true
                case .directories:
                    next[place] = true
                    if byte == slash, !isAtStart { next[place + 1] = true }
                }
            }
            isAtStart = false
            // `**/` may be left only behind a slash, or at once.
            skip(&next, directories: byte == slash)
            open = next
        }
        return open[parts.count]
    }

    private var slash: UInt8 { UInt8(ascii: "/") }

    /// Opens what lies behind parts that need nothing.
    private func skip(_ open: inout [Bool], directories: Bool = true) {
        for (place, part) in parts.enumerated() where open[place] {
            switch part {
            case .run, .everything: open[place + 1] = true
            case .directories where directories && !open[place + 1]: open[place + 1] = true
            default: break
            }
        }
    }
}
