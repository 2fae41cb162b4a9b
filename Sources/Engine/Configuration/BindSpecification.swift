// SPDX-License-Identifier: Apache-2.0

/// One entry of `HostConfiguration.binds`, taken apart: `source:destination[:options]`.
public struct BindSpecification: Equatable, Sendable {
    /// An absolute host path, or a volume's name.
    public var source: String
    /// An absolute path in the container.
    public var destination: String
    public var readOnly = false
    /// A propagation of mount(8), such as `rslave`; nil for `rprivate`.
    public var propagation: String?
    /// Whether an empty volume stays empty instead of receiving the image's files.
    public var noCopy = false
    /// `z` (shared) or `Z` (private): relabelling for SELinux.
    public var relabel: String?
    /// The options as they were given.
    public var mode = ""

    /// Whether `source` is a host path rather than a volume's name.
    public var isBind: Bool { source.hasPrefix("/") }

    /// Reads an entry, with Docker's words for what is wrong.
    public init(parsing text: String) throws(ConfigurationError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let malformed = ConfigurationError("invalid volume specification: '\(text)'")
        guard (2...3).contains(parts.count), !parts[0].isEmpty else { throw malformed }
        source = parts[0]
        destination = parts[1]
        mode = parts.count == 3 ? parts[2] : ""
        // `/path:ro` has options but no destination.
        if parts.count == 2, !destination.isEmpty, (try? Self.options(destination)) != nil {
            throw malformed
        }
        for option in try Self.options(mode) { apply(option) }
        try checkPaths(prefix: malformed.message)
    }

    private mutating func apply(_ option: Option) {
        switch option {
        case .readOnly(let value): readOnly = value
        case .relabel(let value): relabel = value
        case .propagation(let value): propagation = value
        case .noCopy: noCopy = true
        case .consistency: break  // a hint for Docker's virtual machines
        }
    }

    private func checkPaths(prefix: String) throws(ConfigurationError) {
        let kind = isBind ? "bind" : "volume"
        let lead = "\(prefix): invalid mount config for type \"\(kind)\": "
        guard destination.hasPrefix("/") else {
            throw ConfigurationError(
                lead + "invalid mount path: '\(destination)' mount path must be absolute")
        }
        if destination.utf8.allSatisfy({ $0 == UInt8(ascii: "/") }) {
            throw ConfigurationError(lead + "invalid specification: destination can't be '/'")
        }
        if isBind, noCopy { throw ConfigurationError("invalid mode: \(mode)") }
        if !isBind {
            if propagation != nil { throw ConfigurationError("invalid mode: \(mode)") }
            try VolumeName.check(source)
        }
    }
}

extension BindSpecification {
    /// mount(8)'s words for whether mounts below one spread.
    static let propagations = ["private", "rprivate", "slave", "rslave", "shared", "rshared"]

    enum Option: Equatable {
        case readOnly(Bool)
        case relabel(String)
        case propagation(String)
        case noCopy
        case consistency

        init?(_ word: String) {
            switch word {
            case "ro": self = .readOnly(true)
            case "rw": self = .readOnly(false)
            case "z", "Z": self = .relabel(word)
            case _ where BindSpecification.propagations.contains(word): self = .propagation(word)
            case "nocopy": self = .noCopy
            case "consistent", "cached", "delegated": self = .consistency
            default: return nil
            }
        }

        /// Options of one group exclude each other.
        var group: Int {
            switch self {
            case .readOnly: 0
            case .relabel: 1
            case .propagation: 2
            case .noCopy: 3
            case .consistency: 4
            }
        }
    }

    /// The options of a comma list; each group may speak once.
    static func options(_ mode: String) throws(ConfigurationError) -> [Option] {
        if mode.isEmpty { return [] }
        var options: [Option] = []
        for word in mode.split(separator: ",", omittingEmptySubsequences: false) {
            guard let option = Option(String(word)),
                !options.contains(where: { $0.group == option.group })
            else { throw ConfigurationError("invalid mode: \(mode)") }
            options.append(option)
        }
        return options
    }
}

/// The name of a volume: `[a-zA-Z0-9][a-zA-Z0-9_.-]+`.
public enum VolumeName {
    /// Refuses what is not a volume's name, in Docker's words.
    public static func check(_ name: String) throws(ConfigurationError) {
        if name.utf8.count == 1 {
            throw ConfigurationError(
                "create \(name): volume name is too short, names should be at least two"
                    + " alphanumeric characters")
        }
        guard let first = name.utf8.first, isAlphanumeric(first),
            name.utf8.allSatisfy({ isAlphanumeric($0) || "_.-".utf8.contains($0) })
        else {
            throw ConfigurationError(
                "create \(name): \"\(name)\" includes invalid characters for a local volume name,"
                    + " only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a"
                    + " host directory, use absolute path")
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
