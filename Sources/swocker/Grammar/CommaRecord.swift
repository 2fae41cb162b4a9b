// SPDX-License-Identifier: Apache-2.0

/// One record of comma-separated fields, with quotes where a field holds a comma (RFC 4180), as
/// `--mount` and `--network` take it.
enum CommaRecord {
    static func fields(_ text: String) throws(InvalidValue) -> [String] {
        if text.isEmpty { throw InvalidValue("EOF") }
        var fields: [String] = []
        var bytes = Array(text.utf8)[...]
        while true {
            let field =
                bytes.first == UInt8(ascii: "\"")
                ? try quoted(&bytes) : try bare(&bytes)
            fields.append(String(decoding: field, as: UTF8.self))
            guard let separator = bytes.popFirst() else { return fields }
            guard separator == UInt8(ascii: ",") else { throw misplacedQuote }
        }
    }

    /// `key=value` of one field; the value is nil without `=`.
    static func pair(_ field: String) -> (key: String, value: String?) {
        guard let equals = field.utf8.firstIndex(of: UInt8(ascii: "=")) else { return (field, nil) }
        return (String(field[..<equals]), String(field[field.index(after: equals)...]))
    }

    private static let misplacedQuote = InvalidValue("extraneous or missing \" in quoted-field")

    private static func bare(_ bytes: inout ArraySlice<UInt8>) throws(InvalidValue) -> [UInt8] {
        let field = bytes.prefix { $0 != UInt8(ascii: ",") }
        if field.contains(UInt8(ascii: "\"")) { throw InvalidValue("bare \" in non-quoted field") }
        bytes = bytes.dropFirst(field.count)
        return Array(field)
    }

    private static func quoted(_ bytes: inout ArraySlice<UInt8>) throws(InvalidValue) -> [UInt8] {
        var field: [UInt8] = []
        bytes.removeFirst()
        while let byte = bytes.popFirst() {
            if byte != UInt8(ascii: "\"") {
                field.append(byte)
            } else if bytes.first == UInt8(ascii: "\"") {
                field.append(bytes.removeFirst())
            } else {
                return field
            }
        }
        throw misplacedQuote
    }
}
