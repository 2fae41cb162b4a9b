// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

/// `swocker history`: how an image came to be.
struct ImageHistory: EngineCommand {
    static let command = Command(
        "image history", shortcut: "history", operands: "IMAGE",
        summary: "Show the history of an image", arity: .exactly(1), completes: .images,
        options: [
            Option(
                "format", .string,
                "'table', 'table TEMPLATE', 'json', or a Go template for each row"),
            Option("human", "H", .flag, default: "true", "Show sizes and times for people"),
            Option("no-trunc", .flag, "Show IDs and commands in full"),
            Option(
                "platform", .string, "Look at the variant of this platform (os[/arch[/variant]])"),
            Option("quiet", "q", .flag, "Show IDs only"),
        ],
        examples: [
            Command.Example("history busybox", "the last step first"),
            Command.Example("history --no-trunc --format '{{.CreatedBy}}' mine", "its commands"),
        ])

    let name: String
    let format: ListFormat
    let isTruncated: Bool
    let isHuman: Bool
    let platform: Platform?

    init(arguments: Arguments) throws {
        name = arguments.operands[0]
        do {
            format = try ListFormat(
                arguments.text("format"), isQuiet: arguments.flag("quiet"), for: HistoryRow.self)
        } catch { throw UsageError("\(error)") }
        isTruncated = !arguments.flag("no-trunc")
        isHuman = arguments.flag("human")
        platform = try PlatformOption.only(arguments)
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let now = Timestamp.now
        let rows = try engine.history(of: name, platform: platform).map {
            HistoryRow(step: $0, isTruncated: isTruncated, isHuman: isHuman, now: now)
        }
        return try surroundings.print(rows, as: format)
    }
}
