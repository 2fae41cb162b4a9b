// SPDX-License-Identifier: Apache-2.0

/// What a registry asks for with status 401 (RFC 9110, 11.6.1; RFC 6750, 3).
public enum Challenge: Equatable, Sendable {
    /// A user's name and password with every request.
    case basic
    /// A token from elsewhere.
    /// https://distribution.github.io/distribution/spec/auth/token/
    case bearer(realm: String, service: String?, scope: String?)

    /// Parses the values of `WWW-Authenticate`; schemes that we do not know are left out.
    public static func parse(_ values: [String]) -> [Challenge] {
        values.flatMap { value -> [Challenge] in
            var scanner = ChallengeScanner(value)
            return scanner.challenges().compactMap { scheme, parameters in
                switch scheme {
                case "basic": return .basic
                case "bearer":
                    guard let realm = parameters["realm"] else { return nil }
                    return .bearer(
                        realm: realm, service: parameters["service"], scope: parameters["scope"])
                default: return nil
                }
            }
        }
    }
}

/// Reads `scheme name=value, name="value", scheme …`.
private struct ChallengeScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    mutating func challenges() -> [(scheme: String, parameters: [String: String])] {
        var found: [(scheme: String, parameters: [String: String])] = []
        while true {
            skip(" ,\t")
            let word = token()
            guard !word.isEmpty else { return found }
            skip(" \t")
            if rest.first == UInt8(ascii: "="), !found.isEmpty {
                rest.removeFirst()
                skip(" \t")
                found[found.count - 1].parameters[word.lowercased()] = value()
            } else {
                found.append((word.lowercased(), [:]))
            }
        }
    }

    private mutating func skip(_ bytes: String) {
        while let byte = rest.first, bytes.utf8.contains(byte) { rest.removeFirst() }
    }

    private mutating func token() -> String {
        let word = rest.prefix { byte in !" \t,=\"".utf8.contains(byte) }
        rest = rest[word.endIndex...]
        return String(decoding: word, as: UTF8.self)
    }

    private mutating func value() -> String {
        guard rest.first == UInt8(ascii: "\"") else { return token() }
        rest.removeFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
                bytes.append(escaped)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
