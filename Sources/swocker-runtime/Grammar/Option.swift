// SPDX-License-Identifier: Apache-2.0

/// One option, as data. The grammar is that of runc, which is Go's flag package: `--name value`,
/// `--name=value`, one dash as good as two, and nothing optional.
struct Option: Sendable {
    enum Kind: Sendable {
        /// Nothing, or `=true` and `=false`.
        case flag
        /// One value; the last one counts.
        case value
        /// Values that add up.
        case list
        /// One whole number.
        case number
    }

    let name: String
    /// One more spelling, a letter; empty for none.
    let letter: String
    let kind: Kind
    let help: String

    init(_ name: String, _ letter: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.letter = letter
        self.kind = kind
        self.help = help
    }

    /// An option without a letter.
    init(_ name: String, _ kind: Kind, _ help: String) { self.init(name, "", kind, help) }
}

/// A command's row.
struct Command: Sendable {
    let name: String
    /// What follows the options.
    let operands: String
    let summary: String
    /// How many operands it takes.
    let count: ClosedRange<Int>
    /// Whether everything behind the first operand belongs to the container.
    var operandsEndOptions = false
    let options: [Option]

    init(
        _ name: String, _ operands: String, count: ClosedRange<Int>, _ summary: String,
        operandsEndOptions: Bool = false, _ options: [Option] = []
    ) {
        self.name = name
        self.operands = operands
        self.summary = summary
        self.count = count
        self.operandsEndOptions = operandsEndOptions
        self.options = options
    }
}

/// A command line that cannot be obeyed, in one line.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
