// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker export`: a container's files as a tar.
struct ContainerExport: EngineCommand {
    static let command = Command(
        "container export", shortcut: "export", operands: "CONTAINER",
        summary: "Export a container's filesystem as a tar archive", arity: .exactly(1),
        completes: .containers,
        options: [Option("output", "o", .string, "Write to a file, instead of STDOUT")],
        examples: [
            Command.Example("export -o web.tar web", "into a file"),
            Command.Example("export web | tar -t", "into another program"),
        ])

    let name: String
    /// nil for standard output.
    let output: String?

    init(arguments: Arguments) throws {
        name = arguments.operands[0]
        output = arguments.string("output").flatMap { $0.isEmpty ? nil : $0 }
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        guard let output else {
            guard !Terminal.output.isTerminal else {
                throw UsageError(OutputFile.terminalRefusal)
            }
            try engine.export(name, to: nil)
            return 0
        }
        try OutputFile.check(output, "failed to export container")
        let line = ProgressLine("exporting \(name)")
        try engine.export(name, to: output) { line.update(done: $0, total: nil) }
        return 0
    }
}
