// SPDX-License-Identifier: Apache-2.0

import OCI

/// `eq`, `ne`, `lt`, `le`, `gt`, `ge`.
extension TemplateFunction {
    func compared(_ arguments: [TemplateValue]) throws(TemplateRefusal) -> Bool {
        switch self {
        case .eq:
            guard arguments.count > 1 else { throw .call("missing argument for comparison") }
            for other in arguments.dropFirst() where try equal(arguments[0], other) { return true }
            return false
        case .ne: return try !equal(arguments[0], arguments[1])
        case .lt: return try precedes(arguments[0], arguments[1])
        case .ge: return try !precedes(arguments[0], arguments[1])
        case .gt: return try precedes(arguments[1], arguments[0])
        default: return try !precedes(arguments[1], arguments[0])
        }
    }

    private func equal(
        _ left: TemplateValue, _ right: TemplateValue
    ) throws(TemplateRefusal) -> Bool {
        switch (left.document, right.document) {
        case (.string(let left), .string(let right)): return left.utf8.elementsEqual(right.utf8)
        case (.bool(let left), .bool(let right)): return left == right
        case (.double(let left), .double(let right)): return left == right
        case (.integer, .unsigned), (.unsigned, .integer): return false
        case (.integer(let left), .integer(let right)): return left == right
        case (.unsigned(let left), .unsigned(let right)): return left == right
        case (.null, _), (_, .null): return left.isNil && right.isNil
        case (.array, _), (.object, _): throw .call("non-comparable type \(left.typeName)")
        default: throw .call("incompatible types for comparison")
        }
    }

    private func precedes(
        _ left: TemplateValue, _ right: TemplateValue
    ) throws(TemplateRefusal) -> Bool {
        switch (left.document, right.document) {
        case (.string(let left), .string(let right)):
            return left.utf8.lexicographicallyPrecedes(right.utf8)
        case (.double(let left), .double(let right)): return left < right
        case (.integer(let left), .integer(let right)): return left < right
        case (.unsigned(let left), .unsigned(let right)): return left < right
        case (.integer, .unsigned): return true
        case (.unsigned, .integer): return false
        case (.bool, .bool), (.array, _), (.object, _), (.null, _):
            throw .call("invalid type for comparison")
        default: throw .call("incompatible types for comparison")
        }
    }
}

extension TemplateValue {
    fileprivate var isNil: Bool { document == .null }
}
