// SPDX-License-Identifier: Apache-2.0

/// `swocker help`: what the program or one command can do.
struct Help: RunnableCommand {
    static let command = Command(
        "help", operands: "[COMMAND]", summary: "Help about any command", arity: .atLeast(0),
        completes: .commands,
        examples: [
            Command.Example("help", "all commands"),
            Command.Example("help container ls", "one of them"),
        ])

    let topic: [String]

    init(arguments: Arguments) { topic = arguments.operands }

    func run(in invocation: Invocation) throws -> Int32 {
        guard let text = RootHelp.text(on: topic) else {
            throw UsageError("unknown help topic: \(topic.joined(separator: " "))")
        }
        invocation.surroundings.print(text)
        return 0
    }
}
