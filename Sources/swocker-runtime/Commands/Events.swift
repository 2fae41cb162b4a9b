// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Glibc
import Linux
import OCI

/// `events`: what a container uses, again and again.
enum EventsCommand {
    static let entry = Entry(
        command: Command(
            "events", "<container-id>", count: 1...1, "print what a container uses",
            [
                Option("interval", .value, "time between two prints (default: 5s)"),
                Option("stats", .flag, "print once"),
            ])
    ) { arguments, context in
        let seconds = try interval(arguments["interval"] ?? "5s")
        while true {
            let container = try context.root.container(arguments.id)
            guard try container.status() != .stopped else {
                if arguments.flag("stats") { throw LifecycleError.notRunning(arguments.id) }
                return 0
            }
            show(try line(container) + "\n")
            if arguments.flag("stats") { return 0 }
            // The end of the container ends the wait.
            if try container.ends(within: Int32(clamping: seconds * 1000)) { return 0 }
        }
    }

    /// Go's durations, in whole units.
    private static func interval(_ text: String) throws -> Int {
        let units: [(String, Int)] = [("s", 1), ("m", 60), ("h", 3600)]
        for (suffix, factor) in units where text.hasSuffix(suffix) {
            if let count = Int(text.dropLast()), (1...1_000_000).contains(count) {
                return count * factor
            }
        }
        throw UsageError("duration interval must be greater than 0: 5s, 1m")
    }

    private static func line(_ container: RuntimeContainer) throws -> String {
        let value: JSONValue = [
            "type": "stats", "id": .string(container.id),
            "data": try container.group().containerStatistics().document,
        ]
        return value.text()
    }
}
