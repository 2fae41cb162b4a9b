// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

/// `swocker save`: images as one archive.
struct ImageSave: EngineCommand {
    static let command = Command(
        "image save", shortcut: "save", operands: "IMAGE [IMAGE...]",
        summary: "Save one or more images to a tar archive", arity: .atLeast(1),
        completes: .images,
        options: [
            Option("output", "o", .string, "Write to this file instead of STDOUT"),
            Option(
                "platform", .list("strings", check: { _ in }),
                "Save only the variant of this platform (os[/arch[/variant]])"),
            Option("since", .string, "Leave out the layers of this image: the other side has them"),
        ],
        examples: [
            Command.Example("save -o images.tar busybox mine:1", "two images, shared layers once"),
            Command.Example("save mine:2 | ssh host swocker load", "to another machine"),
            Command.Example("save --since mine:1 -o step.tar mine:2", "what is new in it"),
        ])

    let names: [String]
    /// nil for standard output.
    let path: String?
    let platform: Platform?
    let since: String?

    init(arguments: Arguments) throws {
        names = arguments.operands
        path = arguments.string("output").flatMap { $0.isEmpty ? nil : $0 }
        platform = try PlatformOption.only(arguments)
        since = arguments.string("since").flatMap { $0.isEmpty ? nil : $0 }
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        if let path {
            try OutputFile.check(path, "failed to save image")
        } else if Terminal.output.isTerminal {
            throw UsageError(OutputFile.terminalRefusal)
        }
        try engine.saveImages(names, since: since, platform: platform, to: path)
        return 0
    }
}
