// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

/// `swocker events`: what has happened, and what happens.
struct SystemEvents: EngineCommand {
    static let command = Command(
        "system events", shortcut: "events", summary: "Get real time events from the engine",
        arity: .none,
        options: [
            Option("filter", "f", .filter, "Show only what meets a condition (event=die)"),
            Option("format", .string, "'json', or a Go template for each event"),
            Option("since", .string, "Begin here: a time or so long ago (42m)"),
            Option("until", .string, "End here: a time or so long ago (42m)"),
        ],
        examples: [
            Command.Example("events --since 10m --until 0s", "the last ten minutes"),
            Command.Example("events -f event=die --format json", "ends, as they come, as JSON"),
        ])

    let query: EventQuery
    let format: EventFormat

    init(arguments: Arguments) throws {
        format = try EventFormat(arguments.text("format"))
        let filters = try Filters(parsing: arguments.list("filter"))
        var query = EventQuery(filter: try EventFilter(filters))
        query.since = try Self.instant(arguments.string("since"))
        query.until = try Self.instant(arguments.string("until"))
        self.query = query
    }

    private static func instant(_ text: String?) throws -> Timestamp? {
        guard let text, !text.isEmpty else { return nil }
        do { return try Timestamp(parsing: text) } catch { throw UsageError("\(error)") }
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let isTerminal = Terminal.output.isTerminal
        try engine.events(query) { events in
            surroundings.print(
                try events.map { try format.line($0, isTerminal: isTerminal) }.joined())
            return true
        }
        return 0
    }
}
