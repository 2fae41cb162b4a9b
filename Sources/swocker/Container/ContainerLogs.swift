// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker logs`: what containers have printed.
struct ContainerLogs: EngineCommand {
    static let command = Command(
        "container logs", shortcut: "logs", operands: "CONTAINER",
        summary: "Fetch the logs of a container", arity: .exactly(1), completes: .containers,
        options: [
            Option("clear", .flag, "Remove what has been logged, and print nothing"),
            Option("details", .flag, "Show the attributes given with --log-opt"),
            Option("follow", "f", .flag, "Go on as long as the container runs"),
            Option(
                "since", .string, "Begin here: a time (2013-01-02T13:23:37Z) or so long ago (42m)"),
            Option("tail", "n", .string, default: "all", "Number of lines from the end"),
            Option("timestamps", "t", .flag, "Show when each line was printed"),
            Option(
                "until", .string, "End here: a time (2013-01-02T13:23:37Z) or so long ago (42m)"),
        ],
        examples: [
            Command.Example("logs -f --tail 10 web", "the last lines and all that follow"),
            Command.Example("logs --clear web", "forget what it has printed so far"),
            Command.Example("logs -t --since 10m web", "the last ten minutes, with times"),
        ])

    let name: String
    let options: LogOptions
    let isClearing: Bool
    let showsDetails: Bool

    init(arguments: Arguments) throws {
        name = arguments.operands[0]
        var options = LogOptions()
        options.follow = arguments.flag("follow")
        options.timestamps = arguments.flag("timestamps")
        options.since = try Self.instant("since", arguments)
        options.until = try Self.instant("until", arguments)
        // What is no number means all, as in Docker; so do negative ones.
        options.tail = Int(arguments.text("tail")).flatMap { $0 < 0 ? nil : $0 }
        self.options = options
        showsDetails = arguments.flag("details")
        isClearing = arguments.flag("clear")
        if isClearing,
            options.follow || options.tail != nil || options.since != nil || options.until != nil
        {
            throw UsageError("conflicting options: --clear shows nothing")
        }
    }

    /// Nanoseconds since 1970; nil when the option was not given.
    private static func instant(_ option: String, _ arguments: Arguments) throws -> UInt64? {
        guard let text = arguments.string(option), !text.isEmpty else { return nil }
        do {
            let instant = try Timestamp(parsing: text)
            guard instant.seconds >= 0 else { return 0 }
            let (seconds, overflow) = UInt64(instant.seconds)
                .multipliedReportingOverflow(by: 1_000_000_000)
            return overflow ? .max : seconds + UInt64(instant.nanoseconds)
        } catch {
            throw UsageError("invalid value for \"\(option)\": \(error)")
        }
    }

    /// The log goes from the files to the descriptors, past `surroundings`.
    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        if isClearing {
            try engine.clearLogs(of: name)
        } else {
            try engine.writeLogs(of: name, options, details: showsDetails)
        }
        return 0
    }
}
