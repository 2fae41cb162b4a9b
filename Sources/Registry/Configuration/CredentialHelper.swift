// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

/// A program that keeps credentials: `docker-credential-NAME`, asked by one word and standard input.
///
/// https://github.com/docker/docker-credential-helpers#development
struct CredentialHelper {
    let name: String

    private var program: String { "docker-credential-\(name)" }
    /// What helpers print for a server that they do not know.
    private static let notFound = "credentials not found in native keychain"

    /// nil when it knows of none.
    func get(_ server: String) throws -> Credentials? {
        let (code, output) = try call("get", Array(server.utf8))
        let text = String(decoding: output, as: UTF8.self)
        guard code == 0 else {
            if text.contains(Self.notFound) { return nil }
            throw failure(code, text)
        }
        guard let document = try? JSONValue(parsing: output),
            let user = document["Username"]?.stringValue,
            let secret = document["Secret"]?.stringValue
        else { throw RegistryError.configuration("\(program): its answer is no credentials") }
        if user == "<token>" { return .identityToken(secret) }
        return user.isEmpty && secret.isEmpty ? nil : .password(user: user, password: secret)
    }

    func store(_ server: String, _ credentials: Credentials) throws {
        let (user, secret) =
            switch credentials {
            case .password(let user, let password): (user, password)
            case .identityToken(let token): ("<token>", token)
            }
        let document: JSONValue = [
            "ServerURL": .string(server), "Username": .string(user), "Secret": .string(secret),
        ]
        let (code, output) = try call("store", document.bytes())
        guard code == 0 else { throw failure(code, String(decoding: output, as: UTF8.self)) }
    }

    func erase(_ server: String) throws {
        let (code, output) = try call("erase", Array(server.utf8))
        let text = String(decoding: output, as: UTF8.self)
        guard code == 0 || text.contains(Self.notFound) else { throw failure(code, text) }
    }

    private func failure(_ code: Int32, _ text: String) -> RegistryError {
        .configuration(
            "error getting credentials - \(program) ended with exit code \(code): \(printable(text))"
        )
    }

    private func call(_ word: String, _ input: [UInt8]) throws -> (code: Int32, output: [UInt8]) {
        try attempting("call \(program)") { () throws(Errno) in
            let to = try DescriptorPair.pipe()
            let from = try DescriptorPair.pipe()
            let child = try SpawnedProcess(
                Program([program, word], environment: inheritedEnvironment()),
                descriptors: [(to.first.raw, STDIN_FILENO), (from.second.raw, STDOUT_FILENO)])
            let writer = to.takeSecond()
            let reader = from.takeFirst()
            try? writeAll(input + [0x0A], to: writer.raw)
            _ = consume writer
            let output = try readAll(from: reader.raw, limit: 1 << 20)
            return (try child.reap().exitCode, output)
        }
    }
}
