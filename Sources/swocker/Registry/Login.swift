// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc
import Linux

/// `swocker login`: prove who one is to a registry, and keep it.
struct Login: RegistryCommand {
    static let command = Command(
        "login", operands: "[SERVER]", summary: "Authenticate to a registry", arity: .atMost(1),
        options: [
            Option("password", "p", .string, "Password or token, which others then see"),
            Option("password-stdin", .flag, "Take the password from stdin"),
            Option("username", "u", .string, "User name"),
        ],
        examples: [
            Command.Example("login registry.example", "asks for name and password"),
            Command.Example("login -u me --password-stdin < token", "Docker Hub, from a script"),
        ])
    static let needsEngine = false

    let arguments: Arguments

    init(arguments: Arguments) { self.arguments = arguments }

    func fill(_ request: inout RegistryRequest, in invocation: Invocation) throws {
        var login = RegistryRequest.Login()
        login.server = arguments.operands.first
        login.user = arguments.string("username")
        login.readsPassword = arguments.flag("password-stdin")
        if let password = arguments.string("password"), !password.isEmpty {
            invocation.surroundings.complain(
                "WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n")
            guard !login.readsPassword else {
                throw UsageError(
                    "conflicting options: cannot specify both --password and --password-stdin")
            }
            try handOn(password)
            login.readsPassword = true
        }
        if login.readsPassword, login.user?.isEmpty ?? true {
            throw UsageError("the --password-stdin option requires --username to be set")
        }
        request.login = login
    }

    /// Puts a password on standard input: the arguments of a process are everyone's to read.
    private func handOn(_ password: String) throws {
        guard password.utf8.count < 4096 else { throw UsageError("the password is too long") }
        do {
            let pipe = try DescriptorPair.pipe()
            try pipe.second.writeAll(Array(password.utf8))
            let reader = pipe.takeFirst()
            let raw = reader.raw
            _ = try syscall { dup2(raw, STDIN_FILENO) }
        } catch {
            throw UsageError("swocker: pass on the password: \(error)")
        }
    }
}

/// `swocker logout`: forget who one is to a registry.
struct Logout: RegistryCommand {
    static let command = Command(
        "logout", operands: "[SERVER]", summary: "Log out from a registry", arity: .atMost(1),
        examples: [Command.Example("logout registry.example", "its credentials are removed")])
    static let needsEngine = false

    let server: String?

    init(arguments: Arguments) { server = arguments.operands.first }

    func fill(_ request: inout RegistryRequest, in invocation: Invocation) throws {
        var logout = RegistryRequest.Logout()
        logout.server = server
        request.logout = logout
    }
}
