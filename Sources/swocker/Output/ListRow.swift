// SPDX-License-Identifier: Apache-2.0

import OCI

/// A row of a list command: a name and a text for each field.
protocol ListRow: TemplateRow {
    /// All fields in the order of their names, which is Docker's order in JSON.
    static var fields: [String] { get }
    /// The column title of a field, such as `CONTAINER ID` for `ID`; nil if there is none.
    static func title(_ field: String) -> String?
    /// What a method shows as its column title.
    static func title(_ method: String, _ argument: String) -> String?
    /// The columns of the table that is printed without `--format`.
    static func columns(_ options: ListColumns) -> [String]
    /// The template of `--format raw`; nil if the command has no such form.
    static func rawTemplate(_ options: ListColumns) -> String?
    /// The field and the label that `-q` prints: the label only with `--format raw`.
    static var quiet: (field: String, rawLabel: String) { get }
    /// How a template that does not parse, or that fails, is announced.
    static var announcement: (parse: String, execution: String) { get }
}

/// Columns that flags add to the default table.
struct ListColumns: OptionSet {
    let rawValue: Int
    /// `ps --size`
    static let size = ListColumns(rawValue: 1)
    /// `images --digests`
    static let digests = ListColumns(rawValue: 2)
    /// `system df -v`: what it occupies
    static let usage = ListColumns(rawValue: 4)
}

extension ListRow {
    static func title(_ method: String, _ argument: String) -> String? {
        method == "Label" ? labelTitle(argument) : nil
    }
    static func rawTemplate(_ options: ListColumns) -> String? { nil }
    static var announcement: (parse: String, execution: String) {
        ("template parsing error", "template parsing error")
    }
    func method(_ name: String, _ argument: String) -> String? { nil }

    /// The fields as texts.
    var document: JSONValue {
        .object(JSONObject(Self.fields.map { ($0, .string(field($0) ?? "")) }))
    }
}

/// A label's title: what follows its last dot, words instead of `-` and `_`.
private func labelTitle(_ label: String) -> String {
    let last = label.split(separator: ".", omittingEmptySubsequences: false).last ?? ""
    return String(last.map { $0 == "-" || $0 == "_" ? " " : $0 })
}

/// The titles of `Row`'s columns, as a row, so that one template prints both.
struct TitleRow<Row: ListRow>: TemplateRow {
    static var typeName: String { Row.typeName }
    func field(_ name: String) -> String? {
        Row.title(name, "") == nil ? Row.title(name) ?? "<no value>" : nil
    }
    func method(_ name: String, _ argument: String) -> String? { Row.title(name, argument) }
    var document: JSONValue { .null }
}
