// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker images`: the images there are.
struct ImageList: EngineCommand {
    static let command = Command(
        "image ls", shortcut: "images", aliases: ["image list"], operands: "[REPOSITORY[:TAG]]",
        summary: "List images", arity: .atMost(1), completes: .images,
        options: [
            Option("all", "a", .flag, "Show intermediate images too"),
            Option("digests", .flag, "Show digests"),
            Option("filter", "f", .filter, "Show only what meets a condition (dangling=true)"),
            Option(
                "format", .string,
                "'table', 'table TEMPLATE', 'json', or a Go template for each row"),
            Option("no-trunc", .flag, "Show IDs in full"),
            Option("quiet", "q", .flag, "Show IDs only"),
        ],
        examples: [
            Command.Example("images", "all images, the newest first"),
            Command.Example("images -q busybox", "the ID of an image"),
        ])

    let filters: Filters
    let format: ListFormat
    let isTruncated: Bool
    let showsDigests: Bool
    let warning: String?

    init(arguments: Arguments) throws {
        let isQuiet = arguments.flag("quiet")
        let format = arguments.text("format")
        showsDigests = arguments.flag("digests")
        do {
            self.format = try ListFormat(
                format, isQuiet: isQuiet, columns: showsDigests ? .digests : [], for: ImageRow.self)
        } catch { throw UsageError("\(error)") }
        warning = isQuiet && !format.isEmpty ? ListFormat.quietWarning : nil
        isTruncated = !arguments.flag("no-trunc")
        // --all adds intermediate images, which this store has none of.
        var filters = try Filters(parsing: arguments.list("filter"))
        if let pattern = arguments.operands.first { filters.add(key: "reference", value: pattern) }
        self.filters = filters
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        if let warning { surroundings.complain("\(warning)\n") }
        let rows = ImageRow.rows(
            of: try engine.listImages(filters), isTruncated: isTruncated,
            showsDigests: showsDigests || format.shows("Digest", of: ImageRow.self))
        return try surroundings.print(rows, as: format)
    }
}
