// SPDX-License-Identifier: Apache-2.0

/// Why `--filter` was refused, in Docker's words.
public enum FilterError: Error, Equatable, CustomStringConvertible {
    /// There is no `=`. A mistake of the command line: exit code 125.
    case badFormat
    /// The command has no such filter.
    case unknownKey(String)
    /// The filter has no such value.
    case badValue(key: String, value: String)
    /// Anything else, worded.
    case refused(String)

    /// Docker's words.
    public var description: String {
        switch self {
        case .badFormat: "bad format of filter (expected name=value)"
        case .unknownKey(let key): "invalid filter '\(key)'"
        case .badValue(let key, let value): "invalid filter '\(key)=\(value)'"
        case .refused(let reason): reason
        }
    }
}

/// The conditions of `--filter key=value`: different keys must all hold, of the values of one key
/// any (labels again all).
public struct Filters: Sendable, Equatable {
    private var conditions: [(key: String, values: [String])] = []

    /// No conditions: everything matches.
    public init() {}

    /// Parses the values of `--filter` in their order.
    public init(parsing texts: [String]) throws(FilterError) {
        for text in texts { try add(text) }
    }

    /// Adds `key=value`: the key in any case, blanks around either ignored.
    public mutating func add(_ text: String) throws(FilterError) {
        guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { throw .badFormat }
        add(
            key: trimmed(text[..<equals]).lowercased(),
            value: trimmed(text[text.utf8.index(after: equals)...]))
    }

    /// Adds one condition.
    public mutating func add(key: String, value: String) {
        guard let index = conditions.firstIndex(where: { $0.key == key }) else {
            return conditions.append((key, [value]))
        }
        if !conditions[index].values.contains(value) { conditions[index].values.append(value) }
    }

    /// Whether there is no condition.
    public var isEmpty: Bool { conditions.isEmpty }

    /// The values given for `key`; nil if there are none.
    public subscript(key: String) -> [String]? { conditions.first { $0.key == key }?.values }

    /// Refuses keys that are not in `accepted`.
    public func require(_ accepted: [String]) throws(FilterError) {
        for condition in conditions where !accepted.contains(condition.key) {
            throw .unknownKey(condition.key)
        }
    }

    /// Whether `key` is absent or `holds` for one of its values.
    public func any(_ key: String, _ holds: (String) -> Bool) -> Bool {
        self[key]?.contains(where: holds) ?? true
    }

    /// The truth of `key=true`, `1`, `false` or `0`; nil when it was not given.
    public func bool(_ key: String) throws(FilterError) -> Bool? {
        guard let values = self[key] else { return nil }
        let isTrue = values.contains("true") || values.contains("1")
        let isFalse = values.contains("false") || values.contains("0")
        guard isTrue != isFalse else {
            throw .badValue(key: key, value: "[\(values.joined(separator: " "))]")
        }
        return isTrue
    }

    /// The instant of `until`; nil when it was not given.
    public func until(_ now: Timestamp = .now) throws(FilterError) -> Timestamp? {
        guard let values = self["until"] else { return nil }
        guard values.count == 1 else { throw .refused("more than one until filter specified") }
        do { return try Timestamp(parsing: values[0], now: now) } catch {
            throw .refused("\(error)")
        }
    }

    /// Whether all of `label` and none of `label!` hold: `k` for a label's presence, `k=v` for its
    /// value.
    public func matchLabels(_ labels: [String: String]) -> Bool {
        (self["label"] ?? []).allSatisfy { Self.label($0, isIn: labels) }
            && !(self["label!"] ?? []).contains { Self.label($0, isIn: labels) }
    }

    private static func label(_ condition: String, isIn labels: [String: String]) -> Bool {
        guard let equals = condition.firstIndex(of: "=") else { return labels[condition] != nil }
        return labels[String(condition[..<equals])]
            == String(condition[condition.index(after: equals)...])
    }

    /// Whether both have the same conditions in the same order.
    public static func == (left: Filters, right: Filters) -> Bool {
        left.conditions.elementsEqual(right.conditions) {
            $0.key == $1.key && $0.values == $1.values
        }
    }
}

private func trimmed(_ text: Substring) -> String {
    let start = text.drop(while: \.isWhitespace)
    var end = start.endIndex
    while end > start.startIndex, start[start.index(before: end)].isWhitespace {
        end = start.index(before: end)
    }
    return String(start[..<end])
}
