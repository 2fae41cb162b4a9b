// SPDX-License-Identifier: Apache-2.0

/// What a command line says, checked against its command's options.
struct Arguments: Sendable {
    let command: Command
    /// How messages name the command: `run` or `container run`.
    let name: String
    /// What is not an option, in order.
    var operands: [String] = []
    /// Options in the order in which they were given, by canonical name.
    private(set) var given: [(name: String, value: String)] = []
    /// Remarks on spellings that are on their way out; to be printed before the command runs.
    var remarks: [String] = []

    /// The defaults there are: few, while options are many and most are asked for once.
    private let fallbacks: [(name: String, value: String)]

    init(command: Command, name: String) {
        self.command = command
        self.name = name
        var fallbacks: [(name: String, value: String)] = []
        for option in command.options where !option.fallback.isEmpty {
            fallbacks.append((option.name, option.fallback))
        }
        self.fallbacks = fallbacks
    }

    mutating func set(_ name: String, to value: String) { given.append((name, value)) }

    /// Whether the option was given at all.
    func isSet(_ name: String) -> Bool {
        assert(row(name) != nil, "no option --\(name)")
        return given.contains { $0.name == name }
    }

    /// The option's last value, or its default; nil when there is neither.
    func string(_ name: String) -> String? {
        assert(row(name) != nil, "no option --\(name)")
        if let value = given.last(where: { $0.name == name })?.value { return value }
        return fallbacks.first { $0.name == name }?.value
    }

    /// The option's last value or its default, empty when there is neither.
    func text(_ name: String) -> String { string(name) ?? "" }

    /// Whether a flag is on.
    func flag(_ name: String) -> Bool {
        string(name).flatMap { try? Number.boolean($0) } ?? false
    }

    /// All values of an option, in order.
    func list(_ name: String) -> [String] {
        assert(row(name) != nil, "no option --\(name)")
        return given.filter { $0.name == name }.map(\.value)
    }

    /// The option as a whole number; nil when it was not given and has no default.
    func integer(_ name: String) -> Int64? {
        string(name).flatMap { try? Number.integer($0) }
    }

    /// The option as a number of bytes.
    func bytes(_ name: String) -> Int64? {
        string(name).flatMap { try? Size.bytes($0) }
    }

    /// The option as nanoseconds.
    func nanoseconds(_ name: String) -> Int64? {
        string(name).flatMap { try? DurationText.nanoseconds($0) }
    }

    private func row(_ name: String) -> Option? {
        command.options.first { $0.name == name } ?? (name == "help" ? .helpFlag : nil)
    }
}
