// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker rename`: another name for a container.
struct ContainerRename: EngineCommand {
    static let command = Command(
        "container rename", shortcut: "rename", operands: "CONTAINER NEW_NAME",
        summary: "Rename a container", arity: .exactly(2), completes: .containers,
        examples: [Command.Example("rename web old-web", "make room for a new one")])

    let (former, name): (String, String)

    init(arguments: Arguments) { (former, name) = (arguments.operands[0], arguments.operands[1]) }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        do { try engine.rename(former, to: name) } catch {
            surroundings.complain("\(daemonError(error))\n")
            throw UsageError("Error: failed to rename container named \(former)")
        }
        return 0
    }
}
