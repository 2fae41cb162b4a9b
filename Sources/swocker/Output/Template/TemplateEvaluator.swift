// SPDX-License-Identifier: Apache-2.0

import OCI

/// Executes a template: statements here, pipelines and fields in `TemplateEvaluation.swift`.
struct TemplateEvaluator {
    /// How a list of nodes was left.
    enum Flow { case onward, breakLoop, continueLoop }

    let template: Template
    let missingKey: Template.MissingKey
    let headers: Bool
    /// Whether controls in values are made visible, because a terminal would obey them.
    let isInert: Bool
    private(set) var output = ""
    var variables: [(name: String, value: TemplateValue)]
    /// The named template under execution.
    private var name = ""
    private var depth = 0
    private static let deepest = 1000
    /// A template can only print so much; loops over a range of integers are short to write.
    private static let longest = 64 << 20
    private static let longestRange = 1 << 20

    init(
        template: Template, root: TemplateValue, missingKey: Template.MissingKey, headers: Bool,
        isInert: Bool
    ) {
        self.template = template
        self.missingKey = missingKey
        self.headers = headers
        self.isInert = isInert
        variables = [("$", root)]
    }

    mutating func run() throws(TemplateError) {
        _ = try walk(template.nodes, dot: variables[0].value)
    }

    private mutating func walk(
        _ nodes: [TemplateNode], dot: TemplateValue
    ) throws(TemplateError) -> Flow {
        for node in nodes {
            let flow = try execute(node, dot: dot)
            if flow != .onward { return flow }
        }
        return .onward
    }

    private mutating func execute(
        _ node: TemplateNode, dot: TemplateValue
    ) throws(TemplateError) -> Flow {
        switch node {
        case .text(let text): output += text
        case .action(let pipeline):
            let value = try evaluate(pipeline, dot: dot)
            if pipeline.variables.isEmpty {
                output += isInert ? inert(value.printed, keepingLines: true) : value.printed
            }
        case .conditional(let pipeline, let then, let otherwise):
            return try scoped { (self: inout Self) throws(TemplateError) in
                let holds = try self.evaluate(pipeline, dot: dot).isTrue
                return try self.walk(holds ? then : otherwise, dot: dot)
            }
        case .with(let pipeline, let then, let otherwise):
            return try scoped { (self: inout Self) throws(TemplateError) in
                let value = try self.evaluate(pipeline, dot: dot)
                return value.isTrue
                    ? try self.walk(then, dot: value) : try self.walk(otherwise, dot: dot)
            }
        case .range(let pipeline, let body, let otherwise):
            return try scoped { (self: inout Self) throws(TemplateError) in
                try self.range(pipeline, body, otherwise, dot: dot)
            }
        case .call(let call): try execute(call, dot: dot)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        }
        guard output.utf8.count <= Self.longest else {
            throw failure(at: 0, "template", "output exceeds \(Self.longest) bytes")
        }
        return .onward
    }

    /// Variables declared inside end with it.
    private mutating func scoped<Value>(
        _ body: (inout Self) throws(TemplateError) -> Value
    ) throws(TemplateError) -> Value {
        let count = variables.count
        let value = try body(&self)
        variables.removeLast(variables.count - count)
        return value
    }

    private mutating func range(
        _ pipeline: TemplatePipeline, _ body: [TemplateNode], _ otherwise: [TemplateNode],
        dot: TemplateValue
    ) throws(TemplateError) -> Flow {
        // Declared variables take each element; the pipeline itself is evaluated without them.
        var source = pipeline
        source.variables = []
        let value = try evaluate(source, dot: dot)
        var isEmpty = true
        loop: for (key, element) in try elements(of: value, in: pipeline) {
            isEmpty = false
            let flow = try scoped { (self: inout Self) throws(TemplateError) in
                self.bind(pipeline, key: key, element: element)
                return try self.walk(body, dot: element)
            }
            if flow == .breakLoop { break loop }
        }
        return isEmpty ? try walk(otherwise, dot: dot) : .onward
    }

    private mutating func bind(
        _ pipeline: TemplatePipeline, key: TemplateValue, element: TemplateValue
    ) {
        let values = pipeline.variables.count == 1 ? [element] : [key, element]
        for (name, value) in zip(pipeline.variables, values) {
            if pipeline.assigns { assign(name, value) } else { variables.append((name, value)) }
        }
    }

    private func elements(
        of value: TemplateValue, in pipeline: TemplatePipeline
    ) throws(TemplateError) -> [(TemplateValue, TemplateValue)] {
        switch value {
        case .none, .json(.null, _): return []
        case .json(.array(let elements), let path):
            return elements.enumerated().map { (.integer($0), .json($1, path)) }
        case .json(.object(let object), let path) where path?.isStructure != true:
            return sortedMembers(object).map {
                (.string($0.key), .json($0.value, path?.appending("*")))
            }
        case .json(.integer(let count), _) where count <= Self.longestRange:
            return (0..<max(0, Int(count))).map { (.integer($0), .integer($0)) }
        default:
            guard let operand = pipeline.commands.last?.operands.first else { return [] }
            throw failure(
                at: operand.position, operand.source,
                "range can't iterate over \(value.formatted)")
        }
    }

    private mutating func execute(
        _ call: TemplateCall, dot: TemplateValue
    ) throws(TemplateError) {
        let shown = "{{template \(goQuoted(call.name))}}"
        guard let nodes = template.definitions[call.name] else {
            throw failure(at: call.position, shown, "template \(goQuoted(call.name)) not defined")
        }
        guard depth < Self.deepest else {
            throw failure(at: call.position, shown, "exceeded maximum template depth (1000)")
        }
        var value = TemplateValue.none
        if let argument = call.argument { value = try evaluate(argument, dot: dot) }
        let (outside, caller) = (variables, name)
        (variables, name, depth) = ([("$", value)], call.name, depth + 1)
        _ = try walk(nodes, dot: value)
        (variables, name, depth) = (outside, caller, depth - 1)
    }

    mutating func assign(_ name: String, _ value: TemplateValue) {
        guard let index = variables.lastIndex(where: { $0.name == name }) else { return }
        variables[index].value = value
    }

    /// An error at a place of the template.
    func failure(at position: Int, _ context: String, _ reason: String) -> TemplateError {
        let before = template.source.utf8.prefix(position)
        let line = 1 + before.count { $0 == 0x0A }
        let column = before.reversed().firstIndex(of: 0x0A).map {
            before.reversed().distance(from: before.reversed().startIndex, to: $0)
        }
        return .execution(
            at: "\(line):\(column ?? position)", template: name, context: context, reason)
    }
}
