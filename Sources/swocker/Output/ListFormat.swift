// SPDX-License-Identifier: Apache-2.0

import OCI

/// How a list command prints its rows: chosen once, from its flags.
enum ListFormat {
    case table(ListColumns)
    case tableTemplate(Template)
    case json
    case raw(ListColumns)
    case template(Template)
    case quiet
    /// `-q --format raw`
    case quietRaw

    /// What Docker says on stderr when both are given.
    static let quietWarning =
        "WARNING: Ignoring custom format, because both --format and --quiet are set."
}

/// A template in `--format` that does not parse or does not fit the rows.
struct ListFormatError: Error, CustomStringConvertible {
    let description: String
}

extension ListFormat {
    /// - Parameters:
    ///   - format: the value of `--format`, or of the command's default in config.json.
    ///   - row: the type of the rows, which words the error.
    init<Row: ListRow>(
        _ format: String?, isQuiet: Bool = false, columns: ListColumns = [], for row: Row.Type
    ) throws(ListFormatError) {
        switch format ?? "" {
        case "", "table": self = isQuiet ? .quiet : .table(columns)
        case "raw" where Row.rawTemplate(columns) != nil:
            self = isQuiet ? .quietRaw : .raw(columns)
        case _ where isQuiet: self = .quiet
        case "json": self = .json
        case let format where format.hasPrefix("table"):
            self = .tableTemplate(try Self.parse(String(format.dropFirst(5)), Row.self))
        case let format: self = .template(try Self.parse(format, Row.self))
        }
    }

    private static func parse<Row: ListRow>(
        _ format: String, _ row: Row.Type
    ) throws(ListFormatError) -> Template {
        let blanks = format.prefix { $0 == " " }.count
        let trimmed = String(format.dropFirst(blanks).trimmed(suffix: " "))
        do throws(TemplateError) {
            return try Template(parsing: expandingEscapes(trimmed))
        } catch {
            throw ListFormatError(description: "\(Row.announcement.parse): \(error)")
        }
    }

    /// Whether the output needs `field`: some cost a walk over the disk.
    func shows<Row: ListRow>(_ field: String, of row: Row.Type) -> Bool {
        switch self {
        case .table(let columns): Row.columns(columns).contains(field)
        case .raw(let columns): Row.rawTemplate(columns)?.contains(".\(field)") ?? false
        case .tableTemplate(let template), .template(let template): template.mentions(field)
        case .json: false
        case .quiet, .quietRaw: Row.quiet.field == field
        }
    }

    /// Everything the command prints for `rows`, ending with a newline unless it is nothing.
    /// - Parameter isTerminal: whether a terminal reads it; controls in values are then made
    ///   visible, as they always are in tables.
    func text<Row: ListRow>(
        _ rows: [Row], isTerminal: Bool = false
    ) throws(ListFormatError) -> String {
        do throws(TemplateError) {
            switch self {
            case .table(let columns): return table(rows, Row.columns(columns))
            case .tableTemplate(let template): return try table(rows, template)
            case .json:
                let style = JSONStyle(escapesHTML: true)
                return rows.map { $0.document.text(style) + "\n" }.joined()
            case .raw(let columns):
                guard let raw = Row.rawTemplate(columns) else { return "" }
                return try lines(rows, Template(parsing: raw), isTerminal)
            case .template(let template): return try lines(rows, template, isTerminal)
            case .quiet: return rows.map { ($0.field(Row.quiet.field) ?? "") + "\n" }.joined()
            case .quietRaw:
                let (field, label) = Row.quiet
                return rows.map { "\(label): \($0.field(field) ?? "")\n" }.joined()
            }
        } catch {
            throw ListFormatError(description: "\(Row.announcement.execution): \(error)")
        }
    }

    private func table<Row: ListRow>(_ rows: [Row], _ columns: [String]) -> String {
        var table = Table()
        table.add(columns.map { Row.title($0) ?? "" })
        for row in rows { table.add(columns.map { row.field($0) ?? "" }) }
        return table.text
    }

    private func table<Row: ListRow>(
        _ rows: [Row], _ template: Template
    ) throws(TemplateError) -> String {
        var texts: [String] = []
        for row in rows { texts.append(try template.text(over: .row(row))) }
        var table = Table()
        table.add(tabbed: try template.text(over: .row(TitleRow<Row>()), headers: true))
        for text in texts { table.add(tabbed: text) }
        return table.text
    }

    private func lines<Row: ListRow>(
        _ rows: [Row], _ template: Template, _ isTerminal: Bool
    ) throws(TemplateError) -> String {
        var text = ""
        for row in rows { text += try template.text(over: .row(row), isInert: isTerminal) + "\n" }
        return text
    }
}

/// `\t` and `\n` written as two characters become a tab and a newline, in strings of the template
/// too: Go would read the escape the same way.
func expandingEscapes(_ format: String) -> String {
    var result: [UInt8] = []
    for byte in format.utf8 {
        switch byte {
        case UInt8(ascii: "t") where result.last == UInt8(ascii: "\\"):
            result[result.count - 1] = 0x09
        case UInt8(ascii: "n") where result.last == UInt8(ascii: "\\"):
            result[result.count - 1] = 0x0A
        default: result.append(byte)
        }
    }
    return String(decoding: result, as: UTF8.self)
}

extension Substring {
    fileprivate func trimmed(suffix: Character) -> Substring {
        var end = endIndex
        while end > startIndex, self[index(before: end)] == suffix { end = index(before: end) }
        return self[..<end]
    }
}
