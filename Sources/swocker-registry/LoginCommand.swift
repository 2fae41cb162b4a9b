// SPDX-License-Identifier: Apache-2.0

internal import Engine
internal import Glibc
internal import Linux
internal import Registry

/// `login`
struct LoginCommand {
    let session: Session
    let order: RegistryRequest.Login

    init(_ session: Session, _ order: RegistryRequest.Login) {
        self.session = session
        self.order = order
    }

    func run() async throws -> Int32 {
        let login = RegistryLogin(session.context, server: order.server)
        if order.user == nil, !order.readsPassword, let known = try login.known() {
            let user = if case .password(let user, _) = known { " [Username: \(user)]" } else { "" }
            Output.error.write("Authenticating with existing credentials...\(inert(user))\n")
            do {
                try await login.prove(known)
                return succeed(nil)
            } catch let error as RegistryError {
                guard case .unauthorized = error else { throw error }
                Output.error.write("Login did not succeed, error: \(inert("\(error)"))\n")
            }
        }
        let credentials = try ask()
        do { try await login.prove(credentials) } catch let error as RegistryError {
            guard case .unauthorized = error else { throw error }
            throw RegistryError.refused("\(error)")
        }
        return succeed(try login.keep(credentials))
    }

    private func succeed(_ file: String?) -> Int32 {
        if let file {
            Output.error.write(
                "\nWARNING! Your credentials are stored unencrypted in '\(file)'.\n"
                    + "Configure a credential helper to remove this warning. See\n"
                    + "https://docs.docker.com/go/credential-store/\n\n")
        }
        Output.standard.write("Login Succeeded\n")
        return 0
    }

    private func ask() throws -> Credentials {
        if order.readsPassword {
            let bytes = try attempting("read password") { () throws(Errno) in
                try readAll(from: STDIN_FILENO, limit: 64 << 10)
            }
            var password = String(decoding: bytes, as: UTF8.self)
            if password.hasSuffix("\n") { password.removeLast() }
            if password.hasSuffix("\r") { password.removeLast() }
            return try credentials(order.user ?? "", password)
        }
        guard isTerminal(STDIN_FILENO) else {
            throw PlainFailure(
                text: "Error: Cannot perform an interactive login from a non TTY device")
        }
        var user = order.user ?? ""
        if user.isEmpty {
            Output.standard.write("Username: ")
            user = readLine() ?? ""
        }
        guard !user.isEmpty else { throw PlainFailure(text: "Error: Non-null Username Required") }
        Output.standard.write("Password: ")
        let password = try readSecret()
        Output.standard.write("\n")
        return try credentials(user, password)
    }

    private func credentials(_ user: String, _ password: String) throws -> Credentials {
        guard !password.isEmpty else { throw PlainFailure(text: "Error: Password Required") }
        guard !user.contains(":") else {
            throw PlainFailure(text: "Error: a user name has no colon")
        }
        return .password(user: user, password: password)
    }

    /// A line that the terminal does not show.
    private func readSecret() throws -> String {
        var mode = termios()
        guard tcgetattr(STDIN_FILENO, &mode) == 0 else { return readLine() ?? "" }
        let before = mode
        mode.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &mode)
        // An interrupt must not leave a silent terminal behind.
        SilentTerminal.before = before
        signal(SIGINT) { _ in SilentTerminal.restore() }
        defer {
            var before = before
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            signal(SIGINT, SIG_DFL)
        }
        return readLine() ?? ""
    }
}

/// What a terminal was before it was made silent.
private enum SilentTerminal {
    nonisolated(unsafe) static var before = termios()

    static func restore() {
        tcsetattr(STDIN_FILENO, TCSANOW, &before)
        _exit(130)
    }
}

/// `logout`
struct LogoutCommand {
    let session: Session
    let order: RegistryRequest.Logout

    init(_ session: Session, _ order: RegistryRequest.Logout) {
        self.session = session
        self.order = order
    }

    func run() throws -> Int32 {
        let login = RegistryLogin(session.context, server: order.server)
        Output.standard.write("Removing login credentials for \(inert(login.shown))\n")
        try login.forget()
        return 0
    }
}
