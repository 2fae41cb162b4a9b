// SPDX-License-Identifier: Apache-2.0

/// What a command line says, checked against its command's options.
struct Arguments: Sendable {
    /// What is not an option, in order.
    private(set) var operands: [String] = []
    private var given: [(name: String, value: String)] = []
    /// Whether help is asked for.
    private(set) var wantsHelp = false

    /// Reads `words`. The number of operands is not looked at yet.
    init(_ words: ArraySlice<String>, for command: Command) throws(UsageError) {
        var rest = words
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                return
            }
            guard word.utf8.first == UInt8(ascii: "-"), word.utf8.count > 1 else {
                operands.append(word)
                if command.operandsEndOptions {
                    operands += rest
                    return
                }
                continue
            }
            try take(word, &rest, command)
        }
    }

    private mutating func take(
        _ word: String, _ rest: inout ArraySlice<String>, _ command: Command
    ) throws(UsageError) {
        let body = word.utf8.dropFirst(word.hasPrefix("--") ? 2 : 1)
        let equals = body.firstIndex(of: UInt8(ascii: "="))
        let name = String(Substring(body[..<(equals ?? body.endIndex)]))
        if name == "help" || name == "h" {
            wantsHelp = true
            return
        }
        guard let option = command.options.first(where: { $0.name == name || $0.letter == name })
        else { throw UsageError("flag provided but not defined: -\(name)") }
        var value = equals.map { String(Substring(body[body.index(after: $0)...])) }
        if value == nil, case .flag = option.kind { value = "true" }
        guard let text = value ?? rest.popFirst() else {
            throw UsageError("flag needs an argument: -\(name)")
        }
        switch option.kind {
        case .flag where Self.truth(text) == nil, .number where Int64(text) == nil:
            throw UsageError("invalid value \"\(text)\" for flag -\(name)")
        default: given.append((option.name, text))
        }
    }

    /// Go's words for true and false.
    private static func truth(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }

    /// The option's last value; nil when it was not given.
    subscript(name: String) -> String? { given.last { $0.name == name }?.value }

    /// Whether a flag is on.
    func flag(_ name: String) -> Bool { self[name].flatMap(Self.truth) ?? false }

    /// All values of an option, in order.
    func list(_ name: String) -> [String] { given.filter { $0.name == name }.map(\.value) }

    /// The option as a number; nil when it was not given.
    func number(_ name: String) -> Int64? { self[name].flatMap(Int64.init) }

    /// The container's id: the first operand.
    var id: String { operands.first ?? "" }

    /// Refuses a wrong number of operands.
    func check(for command: Command) throws(UsageError) {
        let name = "\(Root.name) \(command.name)"
        if operands.count < command.count.lowerBound {
            throw UsageError(
                "\"\(name)\" requires \(command.count.lowerBound) argument(s): \(command.operands)")
        }
        if operands.count > command.count.upperBound {
            throw UsageError(
                "\"\(name)\" takes at most \(command.count.upperBound) argument(s)")
        }
    }
}
