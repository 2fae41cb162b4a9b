// SPDX-License-Identifier: Apache-2.0

import Engine

/// What `run` and `create` were asked for: the engine's request, and how the client behaves.
struct RunOptions: Equatable {
    var request: CreateRequest
    /// Whether the client leaves at once.
    var detach = false
    var detachKeys: DetachKeys
    var sigProxy = true
    /// How to print the kernel's steps; nil for not at all.
    var explain: ExplainFormat?

    /// Reads the options of either command. Throws `UsageError`.
    init(_ arguments: Arguments, client: Client) throws {
        do {
            let builder = RunOptionsBuilder(arguments: arguments, client: client)
            request = try builder.request()
            let hasKeys = arguments.command.options.contains { $0.name == "detach-keys" }
            detachKeys = try DetachKeys(
                chosen: hasKeys ? arguments.string("detach-keys") : nil,
                configured: client.detachKeys)
        } catch let error as InvalidValue {
            throw UsageError.conflict("\(error)", in: arguments)
        } catch let error as ConfigurationError {
            throw UsageError.conflict("\(error)", in: arguments)
        }
        guard arguments.command.path == "container run" else { return }
        try readClientOptions(arguments)
    }

    private mutating func readClientOptions(_ arguments: Arguments) throws {
        detach = arguments.flag("detach")
        sigProxy = arguments.flag("sig-proxy")
        explain = arguments.string("explain").flatMap(ExplainFormat.init)
        guard detach else { return }
        if arguments.isSet("attach") {
            throw UsageError("conflicting options: cannot specify both --attach and --detach")
        }
        request.configuration.attachStdin = false
        request.configuration.attachStdout = false
        request.configuration.attachStderr = false
        request.configuration.stdinOnce = false
    }

    /// What the options mean depends on the client's side.
    struct Client {
        var environment: (String) -> String?
        /// The whole content of a file, or `InvalidValue` in Docker's words.
        var read: (String) throws -> [UInt8]
        var workingDirectory: () -> String
        /// The keys of the client's configuration, or empty.
        var detachKeys: String
    }
}

/// How `--explain` prints.
enum ExplainFormat: String {
    case text, json

    static func check(_ text: String) throws {
        if Self(rawValue: text) == nil { throw InvalidValue("must be \"text\" or \"json\"") }
    }
}

/// A stream's name for `--attach`.
enum StreamName: String {
    case stdin, stdout, stderr

    static func check(_ text: String) throws {
        if Self(rawValue: text.lowercased()) == nil {
            throw InvalidValue("valid streams are STDIN, STDOUT and STDERR")
        }
    }
}
