// SPDX-License-Identifier: Apache-2.0

import OCI

/// The functions of templates: Go's own, then Docker's.
enum TemplateFunction: String {
    case and, or, not, eq, ne, lt, le, gt, ge
    case len, index, slice, print, printf, println, html, js, urlquery, call
    case json, join, split, lower, upper, title, pad, truncate

    /// How many arguments it takes.
    var arity: ClosedRange<Int> {
        switch self {
        case .and, .or, .index, .slice, .printf, .call, .eq: 1...Int.max
        case .print, .println, .html, .js, .urlquery: 0...Int.max
        case .not, .len, .json, .lower, .upper, .title: 1...1
        case .ne, .lt, .le, .gt, .ge, .join, .split, .truncate: 2...2
        case .pad: 3...3
        }
    }
}

/// Why a function refused its arguments.
enum TemplateRefusal: Error {
    /// It was called and failed: `error calling len: …`.
    case call(String)
    /// An argument, counted from 0, has the wrong type or is nothing, and it was not called.
    case argument(Int, expected: String, found: String?)
}

extension TemplateEvaluator {
    /// Calls the function `name` with the command's operands and `final`.
    mutating func call(
        _ name: String, _ command: TemplateCommand, dot: TemplateValue, final: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        guard let function = TemplateFunction(rawValue: name) else {
            throw failure(at: command.position, name, "\(goQuoted(name)) is not a defined function")
        }
        let count = command.operands.count - 1 + (final == nil ? 0 : 1)
        guard function.arity.contains(count) else {
            let least = function.arity.lowerBound
            let wanted = function.arity.upperBound == .max ? "at least \(least)" : "\(least)"
            throw failure(
                at: command.operands[0].position, name,
                "wrong number of args for \(name): want \(wanted) got \(count)")
        }
        if function == .call, final == nil {
            let operand = command.operands[1]
            let type = try evaluate(operand, dot: dot).typeName
            throw failure(
                at: command.position, "\(command)",
                "error calling call: non-function \(operand.source) of type \(type)")
        }
        if function == .and || function == .or {
            return try choose(function, command, dot: dot, final: final)
        }
        var arguments: [TemplateValue] = []
        for operand in command.operands.dropFirst() {
            arguments.append(try evaluate(operand, dot: dot))
        }
        if let final { arguments.append(final) }
        do throws(TemplateRefusal) {
            return try function.result(of: arguments, headers: headers)
        } catch {
            throw refused(error, name, command)
        }
    }

    private func refused(
        _ refusal: TemplateRefusal, _ name: String, _ command: TemplateCommand
    ) -> TemplateError {
        switch refusal {
        case .call(let reason):
            return failure(
                at: command.position, "\(command)", "error calling \(name): \(reason)")
        case .argument(let index, let expected, let found):
            let operands = command.operands
            let operand = index + 1 < operands.count ? operands[index + 1] : operands[0]
            return failure(
                at: operand.position, operand.source, operand.mismatch(expected, found))
        }
    }

    /// `and` and `or` evaluate no more arguments than they need.
    private mutating func choose(
        _ function: TemplateFunction, _ command: TemplateCommand, dot: TemplateValue,
        final: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        var value = TemplateValue.none
        for operand in command.operands.dropFirst() {
            value = try evaluate(operand, dot: dot)
            if value.isTrue == (function == .or) { return value }
        }
        return final ?? value
    }
}

extension TemplateOperand {
    /// Why the operand cannot be an argument of Go's type `expected`.
    fileprivate func mismatch(_ expected: String, _ found: String?) -> String {
        switch kind {
        case .nothing: "cannot assign nil to \(expected)"
        case .bool, .string, .integer, .float:
            switch expected {
            case "string": "expected string; found \(source)"
            case "int": "expected integer; found \(source)"
            default: "can't handle \(source) for arg of type \(expected)"
            }
        default:
            found.map { "wrong type for value; expected \(expected); got \($0)" }
                ?? "invalid value; expected \(expected)"
        }
    }
}

extension TemplateFunction {
    /// - Parameter headers: whether text functions leave their text alone, as over column titles.
    func result(
        of arguments: [TemplateValue], headers: Bool
    ) throws(TemplateRefusal) -> TemplateValue {
        switch self {
        case .and, .or: return arguments.last ?? .none
        case .not: return .bool(!arguments[0].isTrue)
        case .eq, .ne, .lt, .le, .gt, .ge: return .bool(try compared(arguments))
        case .len: return .integer(try length(of: arguments[0]))
        case .index: return try arguments[0].indexed(by: arguments.dropFirst())
        case .slice: return try arguments[0].sliced(by: arguments.dropFirst())
        case .print: return .string(goPrint(arguments))
        case .println:
            return .string(arguments.map(\.formatted).joined(separator: " ") + "\n")
        case .printf:
            return .string(try goPrintf(try text(0, of: arguments), arguments.dropFirst()))
        case .html: return .string(escapedForHTML(joined(arguments)))
        case .js: return .string(escapedForJavaScript(joined(arguments)))
        case .urlquery: return .string(escapedForQuery(joined(arguments)))
        case .call: throw .call("non-function of type \(arguments[0].typeName)")
        case .pad: return .string(try padded(arguments))
        case .json, .join, .split, .lower, .upper, .title, .truncate:
            return headers ? arguments[0] : try transformed(arguments)
        }
    }

    /// The argument as a text, which this function needs.
    func text(_ index: Int, of arguments: [TemplateValue]) throws(TemplateRefusal) -> String {
        guard let text = arguments[index].stringValue else {
            throw wrong(index, arguments, "string")
        }
        return text
    }

    func integer(_ index: Int, of arguments: [TemplateValue]) throws(TemplateRefusal) -> Int {
        guard let value = arguments[index].integerValue else {
            throw wrong(index, arguments, "int")
        }
        return Int(value)
    }

    func wrong(
        _ index: Int, _ arguments: [TemplateValue], _ expected: String
    ) -> TemplateRefusal {
        let value = arguments[index]
        return .argument(
            index, expected: expected, found: value.isNothing ? nil : value.typeName)
    }

    private func length(of value: TemplateValue) throws(TemplateRefusal) -> Int {
        switch value {
        case .json(.string(let text), _): return text.utf8.count
        case .json(.array(let elements), _): return elements.count
        case .json(.object(let object), let path) where path?.isStructure != true:
            return object.members.count
        case .json(.null, let path?) where path.kind != .pointer: return 0
        case .none, .json(.null, nil): throw .call("len of nil pointer")
        default: throw .call("len of type \(value.typeName)")
        }
    }

    private func joined(_ arguments: [TemplateValue]) -> String {
        arguments.count == 1 ? arguments[0].formatted : goPrint(arguments)
    }
}

/// fmt.Sprint: a blank between operands when neither is a string.
func goPrint(_ arguments: [TemplateValue]) -> String {
    var text = ""
    for (index, value) in arguments.enumerated() {
        if index > 0, value.stringValue == nil, arguments[index - 1].stringValue == nil {
            text += " "
        }
        text += value.formatted
    }
    return text
}
