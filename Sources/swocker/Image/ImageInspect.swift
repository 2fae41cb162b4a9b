// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

/// `swocker image inspect`: all that is known of images.
struct ImageInspect: EngineCommand {
    static let command = Command(
        "image inspect", operands: "IMAGE [IMAGE...]",
        summary: "Display detailed information on one or more images", arity: .atLeast(1),
        completes: .images,
        options: [
            Option("format", "f", .string, "'json', or a Go template for each object"),
            Option(
                "platform", .string, "Look at the variant of this platform (os[/arch[/variant]])"),
        ],
        examples: [
            Command.Example("image inspect busybox", "everything, as JSON"),
            Command.Example("image inspect -f '{{.Config.Cmd}}' busybox", "what it runs"),
        ])

    let names: [String]
    let format: String
    let platform: Platform?

    init(arguments: Arguments) throws {
        names = arguments.operands
        format = arguments.text("format")
        platform = try PlatformOption.only(arguments)
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        try inspect(names, format: format, in: surroundings) { name in
            (try engine.inspectImage(name, platform: platform), .image)
        }
    }
}
