// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker ps`: the containers there are.
struct ContainerList: EngineCommand {
    static let command = Command(
        "container ls", shortcut: "ps", aliases: ["container list", "container ps"],
        summary: "List containers", arity: .none,
        options: [
            Option("all", "a", .flag, "Show all containers, not only the running ones"),
            Option("filter", "f", .filter, "Show only what meets a condition (status=exited)"),
            Option(
                "format", .string,
                "'table', 'table TEMPLATE', 'json', or a Go template for each row"),
            Option(
                "last", "n", .integer, default: "-1", "Show the last N containers in any state"),
            Option("latest", "l", .flag, "Show the newest container in any state"),
            Option("no-trunc", .flag, "Show IDs and commands in full"),
            Option("quiet", "q", .flag, "Show IDs only"),
            Option("size", "s", .flag, "Show file sizes"),
        ],
        examples: [
            Command.Example("ps -a", "all containers, the newest first"),
            Command.Example("ps -q --filter label=app=web", "IDs by label"),
            Command.Example("ps --format '{{.Names}}={{.Status}}'", "a list of one's own"),
        ])

    let listing: ContainerListing
    let format: ListFormat
    let isTruncated: Bool
    let warning: String?

    init(arguments: Arguments) throws {
        let isQuiet = arguments.flag("quiet")
        let format = arguments.text("format")
        do {
            self.format = try ListFormat(
                format, isQuiet: isQuiet, columns: arguments.flag("size") ? .size : [],
                for: ContainerRow.self)
        } catch { throw UsageError("\(error)") }
        warning = isQuiet && !format.isEmpty ? ListFormat.quietWarning : nil
        isTruncated = !arguments.flag("no-trunc")
        var listing = ContainerListing()
        listing.all = arguments.flag("all")
        listing.last =
            arguments.flag("latest")
            ? 1 : arguments.integer("last").flatMap { $0 > 0 ? Int($0) : nil }
        listing.filters = try Filters(parsing: arguments.list("filter"))
        listing.sizes = arguments.flag("size") || self.format.shows("Size", of: ContainerRow.self)
        if case .quiet = self.format { (listing.onlyIDs, listing.sizes) = (true, false) }
        self.listing = listing
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        if let warning { surroundings.complain("\(warning)\n") }
        let now = Timestamp.now
        let rows = try engine.list(listing).map {
            ContainerRow(container: $0, isTruncated: isTruncated, now: now)
        }
        return try surroundings.print(rows, as: format)
    }
}
