// SPDX-License-Identifier: Apache-2.0

import Archive
import Engine

/// `swocker diff`: what a container has changed on its image's files.
struct ContainerDiff: EngineCommand {
    static let command = Command(
        "container diff", shortcut: "diff", operands: "CONTAINER",
        summary: "Inspect changes to files or directories on a container's filesystem",
        arity: .exactly(1), completes: .containers,
        examples: [Command.Example("diff web", "what is changed (C), added (A), deleted (D)")])

    let name: String

    init(arguments: Arguments) throws { name = arguments.operands[0] }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        guard !name.isEmpty else { throw UsageError("Container name cannot be empty") }
        for change in try engine.changes(of: name) {
            let path = String(decoding: change.path, as: UTF8.self)
            let shown = Terminal.output.isTerminal ? inert(path) : path
            surroundings.print("\(change.kind.rawValue) \(shown)\n")
        }
        return 0
    }
}
