// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// What goes wrong with a registry, in Docker's words where it has some.
public enum RegistryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The image is not there, or not for us.
    case accessDenied(String)
    /// The repository has no such tag or digest.
    case noSuchManifest(String)
    /// A blob that a manifest names is not there.
    case noSuchBlob(String)
    /// The registry's own words about a refusal.
    case refused(String)
    /// Credentials are wrong or missing.
    case unauthorized(String)
    /// A status that should not be.
    case status(Int, String, String)
    /// No connection, or one that broke.
    case unreachable(String, reason: String)
    /// It wants us to come back later than we are ready to wait.
    case tooManyRequests(String)
    /// What came is not what was promised.
    case invalid(String)
    case noPlatform(String)
    case configuration(String)
    /// The kernel refused something on the way.
    case local(String)

    public var description: String {
        switch self {
        case .accessDenied(let name):
            "pull access denied for \(name), repository does not exist or may require"
                + " 'docker login': denied: requested access to the resource is denied"
        case .noSuchManifest(let name):
            "manifest for \(name) not found: manifest unknown: manifest unknown"
        case .noSuchBlob(let digest): "blob \(digest) not found: blob unknown to registry"
        case .refused(let text), .invalid(let text), .configuration(let text), .local(let text):
            text
        case .unauthorized(let text):
            text.hasPrefix("unauthorized") ? text : "unauthorized: \(text)"
        case .status(let status, let what, let reason):
            "\(what): unexpected status \(status)" + (reason.isEmpty ? "" : ": \(reason)")
        case .unreachable(let what, let reason): "\(what): \(reason)"
        case .tooManyRequests(let what): "\(what): toomanyrequests: the registry refuses more"
        case .noPlatform(let platform):
            "no matching manifest for \(platform) in the manifest list entries"
        }
    }

    /// Whether asking again would only tell the same: what came is wrong, not late.
    public var isFinal: Bool {
        switch self {
        case .invalid, .noPlatform: true
        default: false
        }
    }
}

/// What a registry says of an error.
///
/// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
struct ErrorDocument {
    /// `manifest unknown: manifest unknown`, one line; empty when it says nothing we understand.
    let text: String

    init(_ bytes: [UInt8]) {
        guard let document = try? JSONValue(parsing: bytes),
            let first = document["errors"]?.arrayValue?.first
        else {
            text = ""
            return
        }
        let code = first["code"]?.stringValue ?? ""
        let message = first["message"]?.stringValue ?? ""
        let words = code.lowercased().split(separator: "_").joined(separator: " ")
        text = [words, message].filter { !$0.isEmpty }.map { printable($0) }
            .joined(separator: ": ")
    }
}

/// A stranger's text, cut and with control characters replaced.
func printable(_ text: String) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.prefix(300).map {
                $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? " " : $0
            }))
}
