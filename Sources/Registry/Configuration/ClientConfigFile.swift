// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

/// Docker's `config.json`, where credentials stand. What we do not know of it stays as it is.
///
/// https://github.com/docker/cli/blob/master/cli/config/configfile/file.go
public struct ClientConfigFile: Sendable {
    public let path: String
    private var document: JSONObject

    /// The key of Docker Hub, for historical reasons.
    public static let hubKey = "https://index.docker.io/v1/"

    /// Reads the file in `directory`; one that is absent is empty.
    /// - Throws: `RegistryError` when it is no JSON object.
    public init(directory: String) throws {
        path = "\(directory)/config.json"
        document = JSONObject()
        guard exists(path) else { return }
        do {
            guard
                case .object(let object) = try JSONValue(
                    parsing: try contents(of: path, limit: 4 << 20))
            else { throw RegistryError.configuration("\(path): not a JSON object") }
            document = object
        } catch let error as JSONSyntaxError {
            throw RegistryError.configuration("\(path): \(error)")
        }
    }

    /// As one reads a document, for tests.
    init(_ document: JSONObject, path: String) {
        self.document = document
        self.path = path
    }

    /// The key under which a registry's credentials are kept.
    public static func key(ofServer server: String) -> String {
        let host = hostname(server)
        return ["docker.io", "index.docker.io", "registry-1.docker.io"].contains(host)
            ? hubKey : host
    }

    /// `host[:port]` of a key, which old programs wrote as a URL.
    static func hostname(_ key: String) -> String {
        var rest = key[...]
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
        }
        return String(rest.prefix { $0 != "/" })
    }

    /// The program that keeps the credentials of a registry; nil when the file itself does.
    public func helper(forServer server: String) -> String? {
        let key = Self.key(ofServer: server)
        let own =
            document["credHelpers"]?[key]?.stringValue
            ?? document["credHelpers"]?[Self.hostname(key)]?.stringValue
        let name = own ?? document["credsStore"]?.stringValue ?? ""
        // It becomes part of a program's name.
        return name.isEmpty || name.contains("/") ? nil : name
    }

    /// What the file itself has for a registry.
    public func credentials(forServer server: String) -> Credentials? {
        Self.credentials(in: document["auths"]?.objectValue, forServer: server)
    }

    static func credentials(in auths: JSONObject?, forServer server: String) -> Credentials? {
        guard let auths else { return nil }
        let key = key(ofServer: server)
        if let entry = auths[key], let found = credentials(entry) { return found }
        for (other, entry) in auths.members where hostname(other) == hostname(key) {
            if let found = credentials(entry) { return found }
        }
        return nil
    }

    private static func credentials(_ entry: JSONValue) -> Credentials? {
        if let token = entry["identitytoken"]?.stringValue, !token.isEmpty {
            return .identityToken(token)
        }
        if let text = entry["auth"]?.stringValue, let bytes = bytes(base64: text) {
            let pair = String(decoding: bytes, as: UTF8.self)
            guard let colon = pair.firstIndex(of: ":") else { return nil }
            return .password(
                user: String(pair[..<colon]),
                // Programs of old ended it with a zero byte.
                password: String(pair[colon...].dropFirst().prefix { $0 != "\0" }))
        }
        guard let user = entry["username"]?.stringValue, !user.isEmpty,
            let password = entry["password"]?.stringValue
        else { return nil }
        return .password(user: user, password: password)
    }

    /// Notes a registry's credentials; nil for none, but that there are some elsewhere.
    public mutating func set(_ credentials: Credentials?, forServer server: String) {
        var auths = document["auths"]?.objectValue ?? JSONObject()
        var entry = JSONObject()
        switch credentials {
        case .password(let user, let password):
            entry["auth"] = .string(base64(Array("\(user):\(password)".utf8)))
        case .identityToken(let token): entry["identitytoken"] = .string(token)
        case nil: break
        }
        auths[Self.key(ofServer: server)] = .object(entry)
        document["auths"] = .object(auths)
    }

    /// Forgets a registry.
    /// - Returns: whether anything was known.
    public mutating func remove(server: String) -> Bool {
        guard var auths = document["auths"]?.objectValue else { return false }
        let host = Self.hostname(Self.key(ofServer: server))
        let keys = auths.members.map(\.key).filter { Self.hostname($0) == host }
        for key in keys { auths[key] = nil }
        document["auths"] = .object(auths)
        return !keys.isEmpty
    }

    /// Writes the file in one step; only its owner may read it. A symbolic link to it stays one.
    public func save() throws {
        try makeDirectories(String(path.dropLast("/config.json".count)), mode: 0o700)
        var place = path
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        if realpath(path, &buffer) != nil {
            place = String(
                decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        let text = JSONValue.object(document).text(JSONStyle(indent: 4))
        try replaceFile(place, with: Array((tabbed(text) + "\n").utf8), mode: 0o600)
    }

    /// Indented with tabs, as Docker does it.
    private func tabbed(_ text: String) -> String {
        let lines: [Substring] = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { (line: Substring) -> String in
            let indent = line.prefix { $0 == " " }.count
            return String(repeating: "\t", count: indent / 4) + String(line.dropFirst(indent))
        }.joined(separator: "\n")
    }
}
