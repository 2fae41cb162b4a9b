// SPDX-License-Identifier: Apache-2.0

import CBuild
import ContainerRuntime
import Glibc
import Linux
import OCI

/// What every command knows besides its own arguments.
struct Context: Sendable {
    var root: RuntimeRoot
    var log: Log
    /// Whether groups that may not be made are done without.
    var toleratesCgroups: Bool
    var usesSystemd: Bool
}

/// A command: its row, and what it does.
struct Entry: Sendable {
    let command: Command
    /// Does it and returns the exit code; what it throws is told in one line.
    let run: @Sendable (Arguments, Context) throws -> Int32
}

/// The program: global options, then a command by its name.
enum Root {
    static let name = "swocker-runtime"

    static var version: String {
        "\(name) version 0.1.0\ncommit: \(String(cString: cbuild_commit()))\nspec: 1.2.0\n"
    }

    static let options = Command(
        "", "command", count: 0...Int.max, "", operandsEndOptions: true,
        [
            Option("debug", .flag, "say more in the log"),
            Option("log", .value, "file to write failures to, besides standard error"),
            Option("log-format", .value, "\"text\" or \"json\" (default: \"text\")"),
            Option("root", .value, "directory of the state, best in memory (default: \"\(root)\")"),
            Option("systemd-cgroup", .flag, "control groups are systemd's"),
            Option(
                "rootless", .value,
                "do without control groups that may not be made: true, false, auto"),
            Option("version", "v", .flag, "print the version"),
        ])

    /// One by one, so that only the one that is asked for is made.
    private static func entry(_ name: String) -> Entry? {
        switch name {
        case "create": CreateCommand.entry
        case "start": StartCommand.entry
        case "state": StateCommand.entry
        case "kill": KillCommand.entry
        case "delete": DeleteCommand.entry
        case "run": RunCommand.entry
        case "exec": ExecCommand.entry
        case "list": ListCommand.entry
        case "ps": ProcessesCommand.entry
        case "pause": PauseCommand.entry
        case "resume": PauseCommand.resumption
        case "update": UpdateCommand.entry
        case "events": EventsCommand.entry
        case "spec": SpecificationCommand.entry
        case "features": FeaturesCommand.entry
        case "checkpoint": UnsupportedCommand.checkpoint
        case "restore": UnsupportedCommand.restore
        default: nil
        }
    }

    static var commands: [Entry] {
        [
            "create", "start", "state", "kill", "delete", "run", "exec", "list", "ps", "pause",
            "resume", "update", "events", "spec", "features", "checkpoint", "restore",
        ].compactMap(entry)
    }

    /// Obeys a command line and returns the exit code.
    static func run(_ words: ArraySlice<String>) -> Int32 {
        var log = Log()
        do {
            let global = try Arguments(words, for: options)
            log = try self.log(global)
            guard let name = global.operands.first, name != "help", !global.wantsHelp else {
                show(global.flag("version") ? version : Help.text)
                return 0
            }
            guard let entry = entry(name) else {
                throw UsageError("No help topic for '\(name)'")
            }
            let arguments = try Arguments(global.operands.dropFirst(), for: entry.command)
            if arguments.wantsHelp {
                show(Help.text(of: entry.command))
                return 0
            }
            try arguments.check(for: entry.command)
            return try entry.run(arguments, try context(global, log))
        } catch let failure as ExitCode {
            log.error(failure.description)
            return failure.code
        } catch {
            log.error("\(error)")
            return 1
        }
    }

    private static func log(_ global: Arguments) throws(UsageError) -> Log {
        let format = global["log-format"] ?? "text"
        guard format == "text" || format == "json" else {
            throw UsageError("invalid log-format: \(format)")
        }
        return Log(
            file: global["log"].flatMap { $0.isEmpty ? nil : $0 }, isJSON: format == "json",
            isVerbose: global.flag("debug"))
    }

    private static func context(_ global: Arguments, _ log: Log) throws(UsageError) -> Context {
        let rootless = global["rootless"] ?? "auto"
        guard ["true", "false", "auto"].contains(rootless) else {
            throw UsageError("invalid value \"\(rootless)\" for flag -rootless")
        }
        return Context(
            root: RuntimeRoot(global["root"] ?? root), log: log,
            toleratesCgroups: rootless == "auto" ? geteuid() != 0 : rootless == "true",
            usesSystemd: global.flag("systemd-cgroup"))
    }

    /// Where the state is unless it is said: a user's own directory, for who is not root.
    private static var root: String {
        if geteuid() != 0, let directory = getenv("XDG_RUNTIME_DIR") {
            return "\(String(cString: directory))/\(name)"
        }
        return "/run/\(name)"
    }
}

/// A failure with an exit code of its own.
struct ExitCode: Error, CustomStringConvertible {
    let code: Int32
    let description: String
}
