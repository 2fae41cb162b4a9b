// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker tag`: one more name for an image.
struct ImageTag: EngineCommand {
    static let command = Command(
        "image tag", shortcut: "tag", operands: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
        summary: "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE", arity: .exactly(2),
        completes: .images,
        examples: [
            Command.Example("tag busybox mine:1", "a further name"),
            Command.Example("tag 0a1b2c3d4e5f registry.example/mine", "a name for an ID"),
        ])

    let source: String
    let target: String

    init(arguments: Arguments) {
        source = arguments.operands[0]
        target = arguments.operands[1]
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        try engine.tagImage(source, as: target)
        return 0
    }
}
