// SPDX-License-Identifier: Apache-2.0

internal import Engine
internal import Glibc
internal import Images
internal import Linux
internal import OCI
internal import Registry

/// The program: one request, made by `swocker`, as its only argument after the command's word.
enum Root {
    static func run(_ words: [String]) async -> Int32 {
        guard words.count == 3,
            let request = try? RegistryRequest(json: Array(words[2].utf8))
        else {
            Output.error.write(
                "swocker-registry: this program is called by swocker (pull, push, login, …)\n")
            return 125
        }
        do {
            return try await obey(request)
        } catch {
            complain(error, to: request.pull?.failures)
            return 1
        }
    }

    private static func obey(_ request: RegistryRequest) async throws -> Int32 {
        let session = try Session(request)
        if let pull = request.pull { return try await PullCommand(session, pull).run() }
        if let login = request.login { return try await LoginCommand(session, login).run() }
        if let logout = request.logout { return try LogoutCommand(session, logout).run() }
        if let push = request.push { return try await PushCommand(session, push).run() }
        if let manifest = request.manifest {
            return try await ManifestCommand(session, manifest).run()
        }
        if let search = request.search { return try await SearchCommand(session, search).run() }
        throw RegistryError.configuration("nothing was asked for")
    }

    private static func complain(_ error: any Error, to failures: Int32?) {
        let text = "\(error)"
        if let failures {
            try? writeAll(Array(text.utf8), to: failures)
        } else if let error = error as? PlainFailure {
            Output.error.write(error.text + "\n")
        } else {
            Output.error.write("Error response from daemon: \(inert(text))\n")
        }
    }
}

/// What Docker's client finds by itself, without the engine.
struct PlainFailure: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}

/// What every command works with.
struct Session: Sendable {
    let engine: Engine
    let context: RegistryContext
    let client: String

    init(_ request: RegistryRequest) throws {
        engine = Engine(location: EngineLocation(root: request.root, state: request.state))
        client = request.client
        context = try RegistryContext(client: request.client, environment: Self.variable)
    }

    static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

/// A standard stream.
struct Output: Sendable {
    let descriptor: CInt

    static let standard = Output(descriptor: STDOUT_FILENO)
    static let error = Output(descriptor: STDERR_FILENO)

    /// A reader that has gone is nobody's concern.
    func write(_ text: String) { try? writeAll(Array(text.utf8), to: descriptor) }

    /// Whether cursor movements are obeyed.
    var hasCursor: Bool {
        isTerminal(descriptor) && Session.variable("TERM") ?? "dumb" != "dumb"
    }

    /// Columns; 80 where the terminal does not know.
    var width: Int {
        let columns = (try? WindowSize(of: descriptor)).map { Int($0.columns) } ?? 0
        return columns > 0 ? columns : 80
    }
}

/// A text in which nothing drives a terminal.
func inert(_ text: String) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.map {
                $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? " " : $0
            }))
}
