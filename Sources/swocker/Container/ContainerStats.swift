// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc

/// `swocker stats`: what containers use, now and again each second.
struct ContainerStats: EngineCommand {
    static let command = Command(
        "container stats", shortcut: "stats", operands: "[CONTAINER...]",
        summary: "Display a live stream of container(s) resource usage statistics",
        arity: .atLeast(0), completes: .runningContainers,
        options: [
            Option("all", "a", .flag, "Show all containers, not only the running ones"),
            Option("format", .string, "'table', 'table TEMPLATE', 'json', or a Go template"),
            Option("no-stream", .flag, "Show the figures once"),
            Option("no-trunc", .flag, "Show IDs in full"),
        ],
        examples: [
            Command.Example("stats", "all that run, until Ctrl-C"),
            Command.Example("stats --no-stream --format '{{.Name}} {{.MemUsage}}'", "once"),
        ])

    /// The first answer comes after so many microseconds: what processors did in that time.
    private static let firstWindow: UInt32 = 50_000
    private static let interval: UInt32 = 1_000_000

    let names: [String]
    let all: Bool
    let isStream: Bool
    let isTruncated: Bool
    let format: ListFormat

    init(arguments: Arguments) throws {
        names = arguments.operands
        all = arguments.flag("all")
        isStream = !arguments.flag("no-stream")
        isTruncated = !arguments.flag("no-trunc")
        do {
            format = try ListFormat(arguments.text("format"), for: StatisticsRow.self)
        } catch { throw UsageError("\(error)") }
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        var sampling = Sampling(of: names, all: all, on: engine)
        _ = try sampling.next()
        usleep(Self.firstWindow)
        var screen = LiveScreen(isLive: isStream && Terminal.output.hasCursor)
        while true {
            let rows = try sampling.next().map {
                StatisticsRow(sample: $0, isTruncated: isTruncated)
            }
            do {
                let text = try format.text(rows, isTerminal: Terminal.output.isTerminal)
                surroundings.print(screen.frame(text))
            } catch { throw UsageError("\(error)") }
            guard isStream else { return 0 }
            usleep(Self.interval)
        }
    }
}
