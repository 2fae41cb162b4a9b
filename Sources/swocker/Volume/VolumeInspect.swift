// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker volume inspect`: all that is known of volumes.
struct VolumeInspect: EngineCommand {
    static let command = Command(
        "volume inspect", operands: "VOLUME [VOLUME...]",
        summary: "Display detailed information on one or more volumes", arity: .atLeast(1),
        completes: .volumes,
        options: [Option("format", "f", .string, "'json', or a Go template for each object")],
        examples: [
            Command.Example("volume inspect data", "everything, as JSON"),
            Command.Example("volume inspect -f '{{.Mountpoint}}' data", "where it lies"),
        ])

    let names: [String]
    let format: String

    init(arguments: Arguments) throws {
        names = arguments.operands
        format = arguments.text("format")
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        try inspect(names, format: format, in: surroundings) {
            (try engine.inspectVolume($0), .volume)
        }
    }
}
