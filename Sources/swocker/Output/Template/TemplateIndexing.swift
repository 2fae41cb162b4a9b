// SPDX-License-Identifier: Apache-2.0

import OCI

/// `index` and `slice`.
extension TemplateValue {
    func indexed(by indices: ArraySlice<TemplateValue>) throws(TemplateRefusal) -> TemplateValue {
        guard !isNothing else { throw .call("index of untyped nil") }
        var value = self
        for index in indices { value = try value.element(index) }
        return value
    }

    private func element(_ index: TemplateValue) throws(TemplateRefusal) -> TemplateValue {
        switch self {
        case .json(.array(let elements), let path):
            return .json(elements[try position(index, count: elements.count)], path)
        case .json(.string(let text), _):
            let bytes = Array(text.utf8)
            return .integer(Int(bytes[try position(index, count: bytes.count)]))
        case .json(.object(let object), let path) where path?.isStructure != true:
            let place = path?.appending("*")
            guard let value = object[try key(index)] else { return absent(place) }
            return .json(value, place)
        case .json(.null, let path?) where path.kind == .map:
            _ = try key(index)
            return absent(path.appending("*"))
        case .json(.null, let path?) where path.kind == .list:
            _ = try position(index, count: 0)
            return .none
        case .none, .json(.null, _): throw .call("index of nil pointer")
        default: throw .call("can't index item of type \(typeName)")
        }
    }

    /// What a map yields for a key that it lacks: the zero of its values' type.
    private func absent(_ place: GoPath?) -> TemplateValue {
        place?.absent.map { .json($0, place) } ?? .json(.null, place)
    }

    private func key(_ index: TemplateValue) throws(TemplateRefusal) -> String {
        guard let key = index.stringValue else {
            throw .call("value has type \(index.typeName); should be string")
        }
        return key
    }

    private func position(_ index: TemplateValue, count: Int) throws(TemplateRefusal) -> Int {
        guard let position = index.integerValue else {
            throw .call("cannot index slice/array with type \(index.typeName)")
        }
        guard position >= 0, position <= count else {
            throw .call("index out of range: \(position)")
        }
        guard position < count else { throw .call("reflect: slice index out of range") }
        return Int(position)
    }

    func sliced(by indices: ArraySlice<TemplateValue>) throws(TemplateRefusal) -> TemplateValue {
        guard !isNothing else { throw .call("slice of untyped nil") }
        guard indices.count <= 3 else {
            throw .call("too many slice indexes: \(indices.count)")
        }
        switch self {
        case .json(.array(let elements), let path):
            let range = try range(indices, count: elements.count)
            return .json(.array(Array(elements[range])), path)
        case .json(.string(let text), _):
            guard indices.count < 3 else { throw .call("cannot 3-index slice a string") }
            let bytes = Array(text.utf8)
            return .string(
                String(decoding: bytes[try range(indices, count: bytes.count)], as: UTF8.self))
        default: throw .call("can't slice item of type \(typeName)")
        }
    }

    /// The bounds of `slice x 1 2`; a third index would only be the capacity.
    private func range(
        _ indices: ArraySlice<TemplateValue>, count: Int
    ) throws(TemplateRefusal) -> Range<Int> {
        var bounds = [0, count]
        for (place, index) in indices.enumerated() {
            guard let bound = index.integerValue else {
                throw .call("cannot index slice/array with type \(index.typeName)")
            }
            guard (0...Int64(count)).contains(bound) else {
                throw .call("index out of range: \(bound)")
            }
            if place < 2 { bounds[place] = Int(bound) }
        }
        guard bounds[0] <= bounds[1] else {
            throw .call("invalid slice index: \(bounds[0]) > \(bounds[1])")
        }
        return bounds[0]..<bounds[1]
    }
}
