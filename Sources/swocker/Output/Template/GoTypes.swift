// SPDX-License-Identifier: Apache-2.0

import OCI

/// What Docker's Go types know about a document and JSON does not: which objects are maps (a key
/// that is absent is no value) and which are structures (an unknown field is an error), what a
/// null is, and what a member that was left out would show. Paths are member names joined by dots,
/// `*` for any key of a map; elements of a list have the list's path.
struct GoTypes: Sendable {
    enum Kind { case map, list, pointer, duration }

    /// What a null at a path is; an object is a map or else a structure, and a number may be a duration.
    let kind: @Sendable (_ path: String) -> Kind
    /// The value of a member that is not in the document; nil if the type has no such member.
    let absent: @Sendable (_ path: String) -> JSONValue?
    /// A field's name in JSON, where Go spells it differently.
    let member: @Sendable (_ field: String) -> String
}

/// A place in a typed document.
struct GoPath {
    let types: GoTypes
    let path: String

    var kind: GoTypes.Kind { types.kind(path) }
    var isStructure: Bool { kind != .map }
    /// What Go has where the document has nothing; nil if it has nothing either.
    var absent: JSONValue? { types.absent(path) }

    func appending(_ name: String) -> GoPath {
        GoPath(types: types, path: path.isEmpty ? name : path + "." + name)
    }
}
