// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker create`: make a container without starting it.
struct ContainerCreate: EngineCommand {
    static let command = Command(
        "container create", shortcut: "create", operands: "IMAGE [COMMAND] [ARG...]",
        summary: "Create a new container", arity: .atLeast(1), operandsEndOptions: true,
        completes: .images, options: RunOptionTable.container,
        examples: [
            Command.Example("create --name job busybox sleep 60", "a container, ready to start"),
            Command.Example("create -it --name sh busybox sh", "one for 'swocker start -ai sh'"),
        ])

    let arguments: Arguments

    init(arguments: Arguments) { self.arguments = arguments }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let options = try RunOptions(arguments, client: .process(surroundings))
        let created = try CreateClient(engine: engine, surroundings: surroundings)
            .create(options.request, in: try engine.open())
        surroundings.print("\(created.container.id)\n")
        return 0
    }
}
