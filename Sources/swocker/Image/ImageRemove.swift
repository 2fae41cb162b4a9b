// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

/// `swocker rmi`: take names of images away, and images that have none left.
struct ImageRemove: EngineCommand {
    static let command = Command(
        "image rm", shortcut: "rmi", aliases: ["image remove"], operands: "IMAGE [IMAGE...]",
        summary: "Remove one or more images", arity: .atLeast(1), completes: .images,
        options: [
            Option("force", "f", .flag, "Remove what stopped containers use"),
            Option("no-prune", .flag, "Keep parents that have no name"),
            Option(
                "platform", .list("strings", check: { _ in }),
                "Remove only the variant of this platform (os[/arch[/variant]])"),
        ],
        examples: [
            Command.Example("rmi busybox", "a name, and its image if nothing else needs it"),
            Command.Example("rmi -f 0a1b2c3d4e5f", "an image by its ID"),
        ])

    let names: [String]
    let force: Bool
    let platform: Platform?

    init(arguments: Arguments) throws {
        names = arguments.operands
        force = arguments.flag("force")
        platform = try PlatformOption.only(arguments)
        // --no-prune keeps parents without a name, which this store has none of.
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        forEach(of: names, in: surroundings) { name in
            do {
                for event in try engine.removeImage(name, force: force, platform: platform) {
                    surroundings.print("\(event)\n")
                }
            } catch  where force && engine.isMissingImage(error) {
                // As in Docker: said, but no failure.
                surroundings.complain("\(daemonError(error))\n")
            }
        }
    }
}
