// SPDX-License-Identifier: Apache-2.0

/// What `swocker` asks of `swocker-registry`, the program that speaks with registries: its only
/// argument after the command's word, as JSON. Exactly one of the commands is there.
public struct RegistryRequest: Codable, Equatable, Sendable {
    /// Where the engine keeps its things.
    public var root: String
    public var state: String
    /// The directory of the client's own configuration.
    public var client: String
    public var pull: Pull?
    public var push: Push?
    public var login: Login?
    public var logout: Logout?
    public var search: Search?
    public var manifest: ManifestInspection?

    public init(root: String, state: String, client: String) {
        self.root = root
        self.state = state
        self.client = client
    }

    /// The command's word, for people who look at processes.
    public var word: String {
        if pull != nil { return "pull" }
        if push != nil { return "push" }
        if login != nil { return "login" }
        if logout != nil { return "logout" }
        if search != nil { return "search" }
        return manifest != nil ? "manifest" : "nothing"
    }

    /// Brings an image here.
    public struct Pull: Codable, Equatable, Sendable {
        public var reference: String
        public var allTags = false
        public var isQuiet = false
        /// `os/arch[/variant]`; nil for what runs here best.
        public var platform: String?
        /// A descriptor to which a failure is written, for whoever words it; nil for standard error.
        public var failures: Int32?
        /// Whether progress goes to standard error.
        public var isForRun = false

        public init(_ reference: String) { self.reference = reference }
    }

    /// Brings an image to its registry.
    public struct Push: Codable, Equatable, Sendable {
        public var reference: String
        public var allTags = false
        public var isQuiet = false
        public var platform: String?
        /// `gzip`, `zstd`, `uncompressed`; nil to leave layers as they are.
        public var compression: String?

        public init(_ reference: String) { self.reference = reference }
    }

    /// Proves and keeps credentials.
    public struct Login: Codable, Equatable, Sendable {
        /// nil for Docker Hub.
        public var server: String?
        public var user: String?
        /// Whether the password comes on standard input; else it is asked for.
        public var readsPassword = false

        public init() {}
    }

    /// Forgets credentials.
    public struct Logout: Codable, Equatable, Sendable {
        /// nil for Docker Hub.
        public var server: String?

        public init() {}
    }

    /// Looks for repositories.
    public struct Search: Codable, Equatable, Sendable {
        public var term: String
        public var limit: Int
        public var isOfficial: Bool?
        public var leastStars: Int?
        /// Whether descriptions are shown whole.
        public var isWhole = false

        public init(_ term: String, limit: Int) {
            self.term = term
            self.limit = limit
        }
    }

    /// Shows what a registry has under a name.
    public struct ManifestInspection: Codable, Equatable, Sendable {
        public var reference: String
        public var isVerbose = false

        public init(_ reference: String) { self.reference = reference }
    }
}
