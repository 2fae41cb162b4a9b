// SPDX-License-Identifier: Apache-2.0

import OCI

/// Pipelines, commands, operands and fields.
extension TemplateEvaluator {
    mutating func evaluate(
        _ pipeline: TemplatePipeline, dot: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        var value: TemplateValue?
        for command in pipeline.commands {
            value = try evaluate(command, dot: dot, final: value)
        }
        let result = value ?? .none
        for name in pipeline.variables {
            if pipeline.assigns { assign(name, result) } else { variables.append((name, result)) }
        }
        return result
    }

    /// - Parameter final: the value of the command before the pipe, the last argument of this one.
    private mutating func evaluate(
        _ command: TemplateCommand, dot: TemplateValue, final: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        let first = command.operands[0]
        switch first.kind {
        case .function(let name):
            return try call(name, command, dot: dot, final: final)
        case .fields(let names):
            return try fields(names, of: dot, in: command, dot: dot, final: final)
        case .variable(let name, let names) where !names.isEmpty:
            return try fields(names, of: variable(name), in: command, dot: dot, final: final)
        case .pipeline(let pipeline, let names) where !names.isEmpty:
            let value = try evaluate(pipeline, dot: dot)
            return try fields(names, of: value, in: command, dot: dot, final: final)
        case .nothing: throw failure(at: first.position, first.source, "nil is not a command")
        default:
            guard command.operands.count == 1, final == nil else {
                throw failure(
                    at: first.position, first.source,
                    "can't give argument to non-function \(first.source)")
            }
            return try evaluate(first, dot: dot)
        }
    }

    /// An operand on its own: an argument, or a command without arguments.
    mutating func evaluate(
        _ operand: TemplateOperand, dot: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        let alone = TemplateCommand(position: operand.position, operands: [operand])
        switch operand.kind {
        case .dot: return dot
        case .nothing: return .none
        case .bool(let value): return .bool(value)
        case .string(let text): return .string(text)
        case .integer(let value): return .json(.integer(value), nil)
        case .float(let value): return .json(.double(value), nil)
        case .function(let name): return try call(name, alone, dot: dot, final: nil)
        case .fields(let names):
            return try fields(names, of: dot, in: alone, dot: dot, final: nil)
        case .variable(let name, let names):
            return try fields(names, of: variable(name), in: alone, dot: dot, final: nil)
        case .pipeline(let pipeline, let names):
            let value = try evaluate(pipeline, dot: dot)
            return try fields(names, of: value, in: alone, dot: dot, final: nil)
        case .chain(let term, let names):
            let value = try evaluate(term, dot: dot)
            return try fields(names, of: value, in: alone, dot: dot, final: nil)
        }
    }

    private func variable(_ name: String) -> TemplateValue {
        variables.last { $0.name == name }?.value ?? .none
    }

    /// Follows `names`; only the last one can take the command's arguments.
    private mutating func fields(
        _ names: [String], of start: TemplateValue, in command: TemplateCommand,
        dot: TemplateValue, final: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        var value = start
        for (index, name) in names.enumerated() {
            let isLast = index == names.count - 1
            var arguments: [TemplateValue] = []
            if isLast, case .row = value {
                for operand in command.operands.dropFirst() {
                    arguments.append(try evaluate(operand, dot: dot))
                }
                if let final { arguments.append(final) }
            } else if isLast, command.operands.count > 1 || final != nil {
                arguments = [.none]  // refused without looking at them
            }
            value = try field(name, of: value, arguments, at: command.operands[0])
        }
        return value
    }

    private func field(
        _ name: String, of value: TemplateValue, _ arguments: [TemplateValue],
        at operand: TemplateOperand
    ) throws(TemplateError) -> TemplateValue {
        func refuse(_ reason: String) -> TemplateError {
            failure(at: operand.position, operand.source, reason)
        }
        if case .row(let row) = value { return try field(name, of: row, arguments, refuse) }
        guard arguments.isEmpty else {
            throw refuse("\(name) is not a method but has arguments")
        }
        switch value {
        case .none, .json(.null, nil):
            guard missingKey == .noValue else {
                throw refuse("nil data; no entry for key \(goQuoted(name))")
            }
            return .none
        case .json(.null, let path?) where path.kind == .pointer:
            throw refuse("nil pointer evaluating \(value.typeName).\(name)")
        case .json(.null, let path?) where path.kind == .map: return .none
        case .json(.object(let object), let path):
            if let found = member(name, of: object, path) { return found }
            if path?.isStructure == true { break }
            guard missingKey == .noValue else {
                throw refuse("map has no entry for key \(goQuoted(name))")
            }
            return .none
        default: break
        }
        let type = missingKey == .error ? "interface {}" : value.typeName
        throw refuse("can't evaluate field \(name) in type \(type)")
    }

    private func member(
        _ name: String, of object: JSONObject, _ path: GoPath?
    ) -> TemplateValue? {
        guard let path, path.isStructure else {
            return object[name].map { .json($0, path?.appending("*")) }
        }
        let key = object[name] == nil ? path.types.member(name) : name
        let place = path.appending(key)
        return (object[key] ?? place.absent).map { .json($0, place) }
    }

    private func field(
        _ name: String, of row: any TemplateRow, _ arguments: [TemplateValue],
        _ refuse: (String) -> TemplateError
    ) throws(TemplateError) -> TemplateValue {
        if arguments.isEmpty, let text = row.field(name) { return .string(text) }
        let isField = row.field(name) != nil
        guard isField || row.method(name, "") != nil else {
            throw refuse("can't evaluate field \(name) in type \(type(of: row).typeName)")
        }
        guard !isField, arguments.count == 1 else {
            throw refuse(
                "wrong number of args for \(name): want \(isField ? 0 : 1) got \(arguments.count)")
        }
        guard let argument = arguments[0].stringValue else {
            throw refuse(
                "wrong type for value; expected string; got \(arguments[0].typeName)")
        }
        return row.method(name, argument).map(TemplateValue.string) ?? .none
    }
}
