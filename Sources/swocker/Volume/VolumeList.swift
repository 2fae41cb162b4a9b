// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker volume ls`: the volumes there are.
struct VolumeList: EngineCommand {
    static let command = Command(
        "volume ls", aliases: ["volume list"], summary: "List volumes", arity: .none,
        options: [
            Option("filter", "f", .filter, "Show only what meets a condition (dangling=true)"),
            Option(
                "format", .string,
                "'table', 'table TEMPLATE', 'json', or a Go template for each row"),
            Option("quiet", "q", .flag, "Show names only"),
        ],
        examples: [
            Command.Example("volume ls", "all volumes, by name"),
            Command.Example("volume ls -q -f dangling=true", "those that no container uses"),
        ])

    let filters: Filters
    let format: ListFormat
    let warning: String?

    init(arguments: Arguments) throws {
        let isQuiet = arguments.flag("quiet")
        let format = arguments.text("format")
        do {
            self.format = try ListFormat(format, isQuiet: isQuiet, for: VolumeRow.self)
        } catch { throw UsageError("\(error)") }
        warning = isQuiet && !format.isEmpty ? ListFormat.quietWarning : nil
        filters = try Filters(parsing: arguments.list("filter"))
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        if let warning { surroundings.complain("\(warning)\n") }
        let volumes = try engine.listVolumes(filters)
        for name in try engine.lostVolumes() {
            surroundings.complain(
                "swocker: the directory of volume \(name) is gone: remove it with 'swocker volume rm'\n"
            )
        }
        return try surroundings.print(volumes.map { VolumeRow(summary: $0) }, as: format)
    }
}
