// SPDX-License-Identifier: Apache-2.0

/// What stands in front of the command's name.
struct GlobalOptions: Equatable {
    /// Where the client's own configuration is; nil for `$HOME/.docker`.
    var config: String?
    var debug: Bool
    /// Where images, containers and volumes are kept.
    var root: String
    /// Where what does not outlive a reboot is kept.
    var state: String

    static let defaultRoot = "/var/lib/swocker"
    static let defaultState = "/run/swocker"

    /// Options count before the environment, the environment before the defaults.
    init(_ arguments: Arguments, environment: (String) -> String?) {
        config = arguments.string("config") ?? environment("DOCKER_CONFIG")
        debug = arguments.flag("debug")
        root = arguments.string("root") ?? environment("SWOCKER_ROOT") ?? Self.defaultRoot
        state = arguments.string("state") ?? environment("SWOCKER_STATE") ?? Self.defaultState
    }

    /// The program itself, as far as parsing is concerned.
    static let command = Command(
        "", operands: "COMMAND [ARG...]", summary: "Containers for Linux without a daemon",
        arity: .atLeast(0), operandsEndOptions: true, completes: .commands,
        options: [
            Option("config", .string, "Location of client configuration files (env DOCKER_CONFIG)"),
            Option("debug", "D", .flag, "Say more about what happens"),
            Option("help", .flag, "Print this text"),
            Option(
                "root", .string, "Directory of images, containers and volumes (env SWOCKER_ROOT)"),
            Option("state", .string, "Directory of run-time state (env SWOCKER_STATE)"),
            Option("version", "v", .flag, "Print the version and quit"),
        ],
        examples: [
            Command.Example("run -it --rm busybox sh", "a shell in a fresh container"),
            Command.Example("ps -a", "all containers"),
            Command.Example("run --help", "what a command can do"),
        ])
}
