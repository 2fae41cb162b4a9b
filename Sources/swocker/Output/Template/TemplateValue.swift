// SPDX-License-Identifier: Apache-2.0

import OCI

/// A row of a list as a template sees it: fields that are texts, and methods of one argument.
protocol TemplateRow {
    /// Docker's name of the type, which error messages show.
    static var typeName: String { get }
    /// The field's text; nil if there is no such field.
    func field(_ name: String) -> String?
    /// What the method answers; nil if there is no such method.
    func method(_ name: String, _ argument: String) -> String?
    /// The row as a document of its fields, for `{{json .}}`.
    var document: JSONValue { get }
}

/// What a pipeline can yield.
enum TemplateValue {
    /// Go's invalid value: printed as `<no value>`.
    case none
    /// With its place in Docker's types, or none when objects are plain maps.
    case json(JSONValue, GoPath?)
    case row(any TemplateRow)

    static func string(_ text: String) -> TemplateValue { .json(.string(text), nil) }
    static func integer(_ value: Int) -> TemplateValue { .json(.integer(Int64(value)), nil) }
    static func bool(_ value: Bool) -> TemplateValue { .json(.bool(value), nil) }

    var stringValue: String? {
        guard case .json(.string(let text), _) = self else { return nil }
        return text
    }

    var integerValue: Int64? {
        guard case .json(.integer(let value), _) = self else { return nil }
        return value
    }

    /// Whether there is no value, or a null without a type.
    var isNothing: Bool {
        switch self {
        case .none, .json(.null, nil): true
        default: false
        }
    }

    /// Go's truth: everything but false, zero, empty and nil.
    var isTrue: Bool {
        switch self {
        case .none, .json(.null, _): false
        case .json(.bool(let value), _): value
        case .json(.integer(let value), _): value != 0
        case .json(.unsigned(let value), _): value != 0
        case .json(.double(let value), _): value != 0
        case .json(.string(let text), _): !text.isEmpty
        case .json(.array(let elements), _): !elements.isEmpty
        case .json(.object(let object), let path): !object.isEmpty || path?.isStructure == true
        case .row: true
        }
    }

    /// The value as a document.
    var document: JSONValue {
        switch self {
        case .none: .null
        case .json(let value, _): value
        case .row(let row): row.document
        }
    }

    /// Go's name of the type, for error messages.
    var typeName: String {
        switch self {
        case .none: "nil"
        case .json(.null, let path):
            switch path?.kind {
            case nil: "nil"
            case .map: "map[string]string"
            case .list: "[]string"
            case .pointer: "*struct"
            case .duration: "time.Duration"
            }
        case .json(.bool, _): "bool"
        case .json(.integer, let path) where path?.kind == .duration: "time.Duration"
        case .json(.integer, _): "int"
        case .json(.unsigned, _): "uint64"
        case .json(.double, _): "float64"
        case .json(.string, _): "string"
        case .json(.array(let elements), _):
            elements.allSatisfy { $0.stringValue != nil } ? "[]string" : "[]interface {}"
        case .json(.object, let path):
            path?.isStructure == true ? "struct" : "map[string]interface {}"
        case .row(let row): type(of: row).typeName
        }
    }
}
