// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker info`: what the engine has and what the machine offers.
struct SystemInfo: EngineCommand {
    static let command = Command(
        "system info", shortcut: "info", summary: "Display system-wide information", arity: .none,
        options: [Option("format", "f", .string, "'json', or a Go template")],
        examples: [
            Command.Example("info", "containers, images, kernel and limits"),
            Command.Example("info -f '{{.Containers}}'", "one fact"),
        ])

    let format: FactFormat

    init(arguments: Arguments) throws { format = try FactFormat(arguments.text("format")) }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let facts = try engine.facts()
        guard case .text = format else {
            surroundings.print(try format.text(of: facts.document))
            return 0
        }
        surroundings.print(facts.text)
        for warning in facts.features.warnings { surroundings.complain("\(warning)\n") }
        return 0
    }
}
