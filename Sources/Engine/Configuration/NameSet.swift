// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A set of names that Docker's JSON spells as an object of empty objects, such as
/// `{"80/tcp":{}}`. Sorted, so that equal sets have equal bytes.
public struct NameSet: Equatable, Sendable, Collection, ExpressibleByArrayLiteral,
    EmptyInitializable
{
    /// The names, sorted and unique.
    public private(set) var names: [String]

    public init() { names = [] }
    public init(_ names: some Sequence<String>) { self.names = Set(names).sorted() }
    public init(arrayLiteral names: String...) { self.init(names) }

    /// Adds a name, unless it is there.
    public mutating func insert(_ name: String) {
        var (place, end) = (0, names.count)
        while place < end {
            let middle = (place + end) / 2
            if names[middle] < name { place = middle + 1 } else { end = middle }
        }
        if place == names.endIndex || names[place] != name { names.insert(name, at: place) }
    }

    public var startIndex: Int { names.startIndex }
    public var endIndex: Int { names.endIndex }
    public func index(after index: Int) -> Int { index + 1 }
    public subscript(position: Int) -> String { names[position] }
}

extension NameSet: Codable {
    private struct Nothing: Codable {}

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: MemberName.self)
        self.init(members.allKeys.map(\.stringValue))
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: MemberName.self)
        for name in names { try members.encode(Nothing(), forKey: MemberName(name)) }
    }
}

/// The name of a member that no type declares.
struct MemberName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
