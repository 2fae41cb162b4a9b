// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// What a token is to permit.
///
/// https://distribution.github.io/distribution/spec/auth/scope/
public struct TokenScope: Hashable, Sendable {
    public let repository: String
    /// Whether writing is needed too.
    public let pushes: Bool

    public init(repository: String, pushes: Bool = false) {
        self.repository = repository
        self.pushes = pushes
    }

    /// `repository:library/busybox:pull`.
    public var text: String { "repository:\(repository):\(pushes ? "pull,push" : "pull")" }
}

/// A token, and until when it is good.
struct Token: Sendable {
    let text: String
    /// Nanoseconds of the monotonic clock.
    let expires: UInt64

    /// Parses a token server's answer.
    /// - Parameter now: nanoseconds of the monotonic clock.
    init?(json bytes: [UInt8], now: UInt64) {
        guard let document = try? JSONValue(parsing: bytes) else { return nil }
        let text = document["token"]?.stringValue ?? document["access_token"]?.stringValue
        guard let text, !text.isEmpty,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        self.text = text
        // What a server says of less than a minute is a minute, by the specification.
        let seconds = min(max(document["expires_in"]?.integerValue ?? 60, 60), 3600)
        expires = now + UInt64(seconds - 10) * 1_000_000_000
    }
}

/// Where a token comes from, and whether credentials may be shown there.
enum TokenRealm {
    /// - Returns: nil when they may; else why not.
    static func refusal(
        realm: WebAddress.Origin, registry: WebAddress.Origin
    ) -> String? {
        if !realm.isSecure, registry.isSecure || !(realm.host == registry.host) {
            return "it is reached over plain http"
        }
        guard realm.host == registry.host || share(realm.host, registry.host) else {
            return "it is another host than \(registry.host)"
        }
        return nil
    }

    /// Whether two names belong to one owner, as far as names tell: registry-1.docker.io and
    /// auth.docker.io do. Of an address nothing is shared.
    private static func share(_ one: String, _ other: String) -> Bool {
        guard let mine = owner(one), let theirs = owner(other) else { return false }
        return mine == theirs
    }

    private static func owner(_ host: String) -> [Substring]? {
        let labels = host.split(separator: ".")
        guard let top = labels.last, top.contains(where: \.isLetter), !host.hasPrefix("[") else {
            return nil
        }
        // Below a country, a short second label is mostly the country's own: co.uk, com.au.
        let isCountry = top.count == 2 && labels.count >= 2 && labels[labels.count - 2].count <= 3
        let count = isCountry && !["io", "me", "ai", "co", "sh"].contains(top) ? 3 : 2
        return labels.count >= count ? Array(labels.suffix(count)) : nil
    }
}
