// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker commit`: an image of what a container has changed.
struct ContainerCommit: EngineCommand {
    static let command = Command(
        "container commit", shortcut: "commit", operands: "CONTAINER [REPOSITORY[:TAG]]",
        summary: "Create a new image from a container's changes", arity: .between(1, 2),
        operandsEndOptions: true, completes: .containers,
        options: [
            Option("author", "a", .string, "Who made it"),
            Option("change", "c", .list, "Dockerfile instruction that changes the configuration"),
            Option("message", "m", .string, "What is new"),
            Option("no-pause", .flag, "Let the container run while its files are read"),
            Option(
                "pause", "p", .flag, default: "true", "Stop it for as long as its files are read"),
        ],
        examples: [
            Command.Example("commit web web:2", "with a name"),
            Command.Example("commit -c 'CMD [\"serve\"]' web", "with another command"),
        ])

    let name: String
    let request: CommitRequest

    init(arguments: Arguments) throws {
        name = arguments.operands[0]
        var request = CommitRequest()
        request.author = arguments.text("author")
        request.message = arguments.text("message")
        request.changes = arguments.list("change")
        request.pauses = arguments.flag("pause") && !arguments.flag("no-pause")
        request.reference = arguments.operands.dropFirst().first.flatMap { $0.isEmpty ? nil : $0 }
        self.request = request
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        surroundings.print("\(try engine.commit(name, request))\n")
        return 0
    }
}
