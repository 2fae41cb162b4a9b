// SPDX-License-Identifier: Apache-2.0

/// A text that replaces itself on a terminal. Each frame is one write that goes over the former one
/// and clears only what is left of it, so that nothing flickers (ECMA-48: CUP, EL, ED).
struct LiveScreen {
    /// Whether frames replace each other; else they follow each other.
    let isLive: Bool
    private var isFirst = true

    init(isLive: Bool) { self.isLive = isLive }

    /// What to print for the next frame, `text`, whose lines end with newlines.
    mutating func frame(_ text: String) -> String {
        guard isLive else { return text }
        let start = isFirst ? "\u{1B}[2J\u{1B}[H" : "\u{1B}[H"
        isFirst = false
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return start + lines.map { "\($0)\u{1B}[K\n" }.joined() + "\u{1B}[J"
    }
}
