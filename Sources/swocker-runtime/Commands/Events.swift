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
        let interval = try interval(arguments["interval"] ?? "5s")
        let container = try context.root.container(arguments.id)
        if arguments.flag("stats") {
            guard try container.status() != .stopped else {
                throw LifecycleError.notRunning(arguments.id)
            }
            show(try statistics(of: container))
            return 0
        }
        try follow(container, every: Int64(interval))
        return 0
    }

    /// Until the container ends. Figures come at their time; that memory ran out, at once.
    private static func follow(_ container: RuntimeContainer, every seconds: Int64) throws {
        guard let process = try container.firstProcess() else { return }
        // A group without the memory controller cannot run out.
        var watch = try? OutOfMemoryWatch(container.group())
        var next = Clock.monotonic
        while true {
            if Clock.monotonic >= next {
                show(try statistics(of: container))
                next += UInt64(seconds) * 1_000_000_000
            }
            var poll = PollSet()
            let ended = poll.add(process.raw, POLLIN)
            let memory: Int? =
                switch watch {
                case .some(let watch): poll.add(watch.raw, POLLIN)
                case nil: nil
                }
            let now = Clock.monotonic
            let rest = now < next ? (next - now) / 1_000_000 + 1 : 0
            try poll.wait(milliseconds: Int32(clamping: rest))
            if poll.events(at: memory) != 0, let count = try watch?.take(), count > 0 {
                show(line("oom", of: container))
            }
            if poll.events(at: ended) != 0 { return }
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

    private static func statistics(of container: RuntimeContainer) throws -> String {
        line("stats", of: container, try container.group().containerStatistics().document)
    }

    /// runc's event: a line of JSON, without data where there is none.
    private static func line(
        _ type: String, of container: RuntimeContainer, _ value: JSONValue? = nil
    ) -> String {
        var members: [(String, JSONValue)] = [
            ("type", .string(type)), ("id", .string(container.id)),
        ]
        if let value { members.append(("data", value)) }
        return JSONValue.object(JSONObject(members)).text() + "\n"
    }
}
