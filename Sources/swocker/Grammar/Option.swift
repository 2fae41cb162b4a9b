// SPDX-License-Identifier: Apache-2.0

/// One option of a command, as data: what it is called, what it takes, what it is for. The parser,
/// the help, the completion and the documentation all read the same rows.
struct Option: Sendable {
    /// The long name, without dashes.
    let name: String
    /// The letter, or empty.
    let short: String
    let kind: Kind
    /// What counts when the option is absent; shown in the help unless it is Go's zero value.
    let fallback: String
    let help: String
    let standing: Standing

    init(
        _ name: String, _ short: String, _ kind: Kind, default fallback: String = "",
        _ help: String, _ standing: Standing = .shown
    ) {
        self.name = name
        self.short = short
        self.kind = kind
        self.fallback = fallback
        self.help = help
        self.standing = standing
    }

    /// An option without a letter.
    init(
        _ name: String, _ kind: Kind, default fallback: String = "", _ help: String,
        _ standing: Standing = .shown
    ) {
        self.init(name, "", kind, default: fallback, help, standing)
    }

    /// How an option takes part in help and parsing.
    enum Standing: Equatable, Sendable {
        case shown
        /// Works, but the help does not speak of it.
        case hidden
        /// Another spelling of the option named here; the help does not speak of it.
        case alias(of: String)
        /// The same, but whoever uses it is told.
        case deprecated(use: String)
    }

    /// The name under which values are kept.
    var canonicalName: String {
        switch standing {
        case .shown, .hidden: name
        case .alias(let name), .deprecated(let name): name
        }
    }

    /// `-m, --memory` as Docker's messages spell it.
    var spelling: String { short.isEmpty ? "--\(name)" : "-\(short), --\(name)" }
}

/// Refuses a value by throwing `InvalidValue`.
typealias ValueCheck = @Sendable (String) throws -> Void

extension Option {
    /// What an option takes.
    enum Kind: Sendable {
        /// Nothing, or `=true` and `=false`.
        case flag
        /// One value; the last one counts. The name stands in the help.
        case value(String, check: ValueCheck)
        /// Values that add up.
        case list(String, check: ValueCheck)
        /// One value, which may be left out only with its `=`; the second name counts then.
        case optional(String, whenBare: String, check: ValueCheck)

        /// Any text.
        static var string: Kind { .value("string", check: { _ in }) }
        /// Any texts.
        static var list: Kind { .list("list", check: { _ in }) }
        static var integer: Kind { .value("int", check: { _ = try Number.integer($0) }) }
        /// A size such as `64m`.
        static var bytes: Kind { .value("bytes", check: { _ = try Size.bytes($0) }) }
        /// A time such as `1m30s`.
        static var duration: Kind {
            .value("duration", check: { _ = try DurationText.nanoseconds($0) })
        }
        /// `key=value` conditions of lists.
        static var filter: Kind { .list("filter", check: FilterText.check) }

        func check(_ text: String) throws {
            switch self {
            case .flag: _ = try Number.boolean(text)
            case .value(_, let check), .list(_, let check), .optional(_, _, let check):
                try check(text)
            }
        }

        /// The word behind the option in the help; empty for flags.
        var placeholder: String {
            switch self {
            case .flag: ""
            case .value(let name, _), .list(let name, _): name
            case .optional(let name, _, _): name
            }
        }

        /// What the option means without a value; nil when it needs one.
        var bareValue: String? {
            switch self {
            case .flag: "true"
            case .optional(_, let bare, _): bare
            case .value, .list: nil
            }
        }
    }
}

/// The shape of one `--filter`; which keys there are is the command's matter.
enum FilterText {
    static func check(_ text: String) throws {
        guard text.has("=") else {
            throw InvalidValue("bad format of filter (expected name=value)")
        }
    }
}
