// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// As much of TOML as the files of containers and containerd use: tables, arrays of tables, strings,
/// booleans, integers, arrays of them. A document becomes the same value as in JSON.
///
/// https://toml.io/en/v1.0.0
struct TomlDocument {
    private(set) var root = JSONObject()
    /// Where the keys that follow belong.
    private var table: [String] = []

    /// - Throws: `RegistryError.configuration`, with the line.
    init(parsing text: String) throws(RegistryError) {
        var pending = ""
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            pending += Self.withoutComment(String(line))
            if Self.isOpen(pending) {  // an array goes on in the next line
                pending += " "
                continue
            }
            let statement = Self.trimmed(pending[...])
            pending = ""
            guard statement.isEmpty || take(statement) else {
                throw .configuration("line \(number + 1): cannot parse \(quoted(statement))")
            }
        }
        guard Self.trimmed(pending[...]).isEmpty else {
            throw .configuration("the file ends inside an array")
        }
    }

    private mutating func take(_ statement: Substring) -> Bool {
        if statement.hasPrefix("[["), statement.hasSuffix("]]") {
            guard let keys = Self.keys(statement.dropFirst(2).dropLast(2)) else { return false }
            table = keys
            return Self.append(to: &root, keys)
        }
        if statement.hasPrefix("["), statement.hasSuffix("]") {
            guard let keys = Self.keys(statement.dropFirst().dropLast()) else { return false }
            table = keys
            return Self.set(&root, keys, nil)
        }
        guard let mark = Self.position(of: "=", in: statement),
            let keys = Self.keys(statement[..<mark]),
            let value = Self.value(Self.trimmed(statement[mark...].dropFirst()))
        else { return false }
        return Self.set(&root, table + keys, value)
    }

    /// Sets a value; without one, sees that there is a table. Of an array of tables the last counts.
    private static func set(
        _ object: inout JSONObject, _ keys: [String], _ value: JSONValue?
    ) -> Bool {
        guard let key = keys.first else { return true }
        if keys.count == 1, let value {
            object[key] = value
            return true
        }
        switch object[key] {
        case nil:
            var inner = JSONObject()
            guard set(&inner, Array(keys.dropFirst()), value) else { return false }
            object[key] = .object(inner)
        case .object(var inner):
            guard set(&inner, Array(keys.dropFirst()), value) else { return false }
            object[key] = .object(inner)
        case .array(var elements):
            guard case .object(var last)? = elements.last,
                set(&last, Array(keys.dropFirst()), value)
            else { return false }
            elements[elements.count - 1] = .object(last)
            object[key] = .array(elements)
        default: return false
        }
        return true
    }

    private static func append(to object: inout JSONObject, _ keys: [String]) -> Bool {
        guard let key = keys.first else { return false }
        guard keys.count > 1 else {
            var elements = object[key]?.arrayValue ?? []
            elements.append(.object(JSONObject()))
            object[key] = .array(elements)
            return true
        }
        switch object[key] {
        case nil, .object:
            var inner = object[key]?.objectValue ?? JSONObject()
            guard append(to: &inner, Array(keys.dropFirst())) else { return false }
            object[key] = .object(inner)
        case .array(var elements):
            guard case .object(var last)? = elements.last,
                append(to: &last, Array(keys.dropFirst()))
            else { return false }
            elements[elements.count - 1] = .object(last)
            object[key] = .array(elements)
        default: return false
        }
        return true
    }

    // MARK: - Words

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
        while let last = text.last, last == " " || last == "\t" || last == "\r" {
            text.removeLast()
        }
        return text
    }

    /// The places of `mark` outside of quotes.
    private static func position(of mark: Character, in text: Substring) -> Substring.Index? {
        var quote: Character?
        var isEscaped = false
        for index in text.indices {
            let character = text[index]
            if isEscaped {
                isEscaped = false
            } else if let open = quote {
                if character == "\\", open == "\"" { isEscaped = true }
                if character == open { quote = nil }
            } else if character == mark {
                return index
            } else if character == "\"" || character == "'" {
                quote = character
            }
        }
        return nil
    }

    private static func withoutComment(_ line: String) -> String {
        position(of: "#", in: line[...]).map { String(line[..<$0]) } ?? line
    }

    /// Whether an array that began has not ended.
    private static func isOpen(_ text: String) -> Bool {
        guard let mark = position(of: "=", in: text[...]) else { return false }
        var depth = 0
        var rest = text[mark...].dropFirst()
        while let open = position(of: "[", in: rest) ?? position(of: "]", in: rest) {
            let close = position(of: "]", in: rest) ?? open
            let next = min(open, close)
            depth += rest[next] == "[" ? 1 : -1
            rest = rest[next...].dropFirst()
        }
        return depth > 0
    }

    /// `a."b.c".d`
    private static func keys(_ text: Substring) -> [String]? {
        var keys: [String] = []
        var rest = trimmed(text)
        while true {
            if let quote = rest.first, quote == "\"" || quote == "'" {
                guard let end = rest.dropFirst().firstIndex(of: quote) else { return nil }
                keys.append(String(rest[..<end].dropFirst()))
                rest = trimmed(rest[end...].dropFirst())
            } else {
                let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
                guard !word.isEmpty else { return nil }
                keys.append(String(word))
                rest = trimmed(rest.dropFirst(word.count))
            }
            if rest.isEmpty { return keys }
            guard rest.first == "." else { return nil }
            rest = trimmed(rest.dropFirst())
        }
    }

    private static func value(_ text: Substring) -> JSONValue? {
        if text == "true" { return true }
        if text == "false" { return false }
        if let number = Int64(text) { return .integer(number) }
        if text.hasPrefix("'"), text.hasSuffix("'"), text.count >= 2 {
            return .string(String(text.dropFirst().dropLast()))
        }
        if text.hasPrefix("\""), text.hasSuffix("\""), text.count >= 2 {
            // What TOML escapes, JSON escapes in the same way, as far as it matters here.
            return (try? JSONValue(parsing: String(text))).flatMap { $0.stringValue }
                .map(JSONValue.string)
        }
        guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }
        var elements: [JSONValue] = []
        var rest = trimmed(text.dropFirst().dropLast())
        while !rest.isEmpty {
            let end = position(of: ",", in: rest) ?? rest.endIndex
            guard let element = value(trimmed(rest[..<end])) else { return nil }
            elements.append(element)
            rest = trimmed(rest[end...].dropFirst())
        }
        return .array(elements)
    }
}
