// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker container inspect`: all that is known of containers.
struct ContainerInspect: EngineCommand {
    static let command = Command(
        "container inspect", operands: "CONTAINER [CONTAINER...]",
        summary: "Display detailed information on one or more containers", arity: .atLeast(1),
        completes: .containers,
        options: [
            Option("format", "f", .string, "'json', or a Go template for each object"),
            Option("size", "s", .flag, "Show file sizes"),
        ],
        examples: [
            Command.Example("container inspect web", "everything, as JSON"),
            Command.Example("container inspect -f '{{.State.Pid}}' web", "one fact"),
        ])

    let names: [String]
    let format: String
    let sizes: Bool

    init(arguments: Arguments) {
        names = arguments.operands
        format = arguments.text("format")
        sizes = arguments.flag("size")
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        try inspect(names, format: format, in: surroundings) { name in
            (try engine.inspectContainer(name, sizes: sizes), .container)
        }
    }
}
