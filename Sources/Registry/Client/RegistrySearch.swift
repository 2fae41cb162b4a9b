// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// Repositories that fit a word, where a registry can look for them: the old interface, which Docker
/// Hub has.
public struct RegistrySearch: Sendable {
    private let context: RegistryContext

    /// A repository that was found.
    public struct Hit: Sendable, Equatable {
        public let name: String
        public let description: String
        public let stars: Int
        public let isOfficial: Bool
    }

    public init(_ context: RegistryContext) { self.context = context }

    /// - Parameter term: a word, or a host and a word.
    public func run(_ term: String, limit: Int) async throws -> [Hit] {
        let slash = term.firstIndex(of: "/")
        let first = slash.map { String(term[..<$0]) } ?? ""
        let isHost = first == "localhost" || first.contains(".") || first.contains(":")
        let server = isHost ? first : "index.docker.io"
        let words = isHost ? String(term[term.index(after: slash ?? term.startIndex)...]) : term
        guard !words.isEmpty else { throw RegistryError.refused("a search term is needed") }
        let client = try context.client(server: server)
        let origin = try await client.reached().origin
        let address = WebAddress(origin: origin, path: "/v1/search")
            .adding([("q", words), ("n", "\(limit)")])
        let response = try await client.send(Request(address: address))
        guard response.status == 200 else {
            let reason = await response.reason()
            throw RegistryError.refused(
                "registry \(server) cannot search (status \(response.status))"
                    + (reason.isEmpty ? "" : ": \(reason)"))
        }
        let bytes = try await response.bytes(limit: 8 << 20, "search")
        guard let results = (try? JSONValue(parsing: bytes))?["results"]?.arrayValue else {
            throw RegistryError.refused("registry \(server) cannot search: its answer is no list")
        }
        return results.prefix(limit).map { entry in
            Hit(
                name: printable(entry["name"]?.stringValue ?? ""),
                description: printable(entry["description"]?.stringValue ?? ""),
                stars: Int(entry["star_count"]?.integerValue ?? 0),
                isOfficial: entry["is_official"]?.boolValue ?? false)
        }
    }
}
