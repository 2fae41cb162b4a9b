// SPDX-License-Identifier: Apache-2.0

/// The filters of `ps`
/// (https://docs.docker.com/reference/cli/docker/container/ls/#filter).
public struct ContainerFilter {
    /// What the filters that name other objects ask of the store.
    public struct Lookup {
        /// When the container of a name or an ID was created.
        public var created: (_ container: String) throws(FilterError) -> Timestamp
        /// The IDs of the image of a name, ID or digest, and of all images built on it.
        public var descendants: (_ image: String) -> Set<String>

        /// Both questions are asked while the filter is made, never while it matches.
        public init(
            created: @escaping (_ container: String) throws(FilterError) -> Timestamp,
            descendants: @escaping (_ image: String) -> Set<String>
        ) {
            self.created = created
            self.descendants = descendants
        }
    }

    static let keys = [
        "ancestor", "before", "exited", "expose", "health", "id", "is-task", "isolation", "label",
        "name", "network", "publish", "since", "status", "volume",
    ]

    private let filters: Filters
    private let names: [NamePattern]?
    private let ancestors: Set<String>
    private let exitCodes: [Int32]?
    private let published: [PortPattern]?
    private let exposed: [PortPattern]?
    private let before: Timestamp?
    private let since: Timestamp?
    private let isTask: Bool?

    /// Whether containers that do not run are listed without `--all`.
    public var impliesAll: Bool { filters["status"] != nil }

    /// - Throws: `FilterError` for keys and values that do not exist, and what `lookup` throws.
    public init(_ filters: Filters, lookup: Lookup) throws(FilterError) {
        try filters.require(Self.keys)
        try Self.check(filters, "status", ContainerSummary.State.allCases.map(\.rawValue))
        try Self.check(
            filters, "health", ["none"] + ContainerSummary.Health.allCases.map(\.rawValue))
        self.filters = filters
        names = filters["name"]?.map(NamePattern.init)
        ancestors =
            filters["ancestor"].map { names in
                names.reduce(into: Set()) { $0.formUnion(lookup.descendants($1)) }
            } ?? []
        exitCodes = try Self.exitCodes(filters)
        published = try PortPattern.all(filters, "publish")
        exposed = try PortPattern.all(filters, "expose")
        before = try Self.instant(filters, "before", lookup)
        since = try Self.instant(filters, "since", lookup)
        isTask = try filters.bool("is-task")
    }

    private static func check(
        _ filters: Filters, _ key: String, _ accepted: [String]
    ) throws(FilterError) {
        for value in filters[key] ?? [] where !accepted.contains(value) {
            throw .badValue(key: key, value: value)
        }
    }

    private static func exitCodes(_ filters: Filters) throws(FilterError) -> [Int32]? {
        guard let values = filters["exited"] else { return nil }
        var codes: [Int32] = []
        for value in values {
            guard let code = Int32(value) else {
                throw .refused("strconv.Atoi: parsing \"\(value)\": invalid syntax")
            }
            codes.append(code)
        }
        return codes
    }

    private static func instant(
        _ filters: Filters, _ key: String, _ lookup: Lookup
    ) throws(FilterError) -> Timestamp? {
        guard let container = filters[key]?.last else { return nil }
        return try lookup.created(container)
    }

    /// Whether all conditions hold for `container`.
    public func matches(_ container: ContainerSummary) -> Bool {
        filters.any("id") { container.id.hasPrefix($0) } && matchesName(container)
            && matchesState(container) && filters.matchLabels(container.labels)
            && matchesImage(container) && matchesTime(container)
            && filters.any("volume") { volume in Self.mounts(volume, container) }
            && filters.any("network") { network in
                container.networks.contains { $0.name == network || $0.id.hasPrefix(network) }
            } && matchesPorts(container) && isTask != true
            && filters.any("isolation") { $0 == "default" || $0.isEmpty }
    }

    private func matchesName(_ container: ContainerSummary) -> Bool {
        guard let names, let name = container.names.first else { return self.names == nil }
        return names.contains { $0.matches(name) || $0.matches("/" + name) }
    }

    private func matchesState(_ container: ContainerSummary) -> Bool {
        if let exitCodes {
            let hasEnded =
                [.exited, .dead, .removing].contains(container.state)
                && container.startedAt != nil
            guard hasEnded, exitCodes.contains(container.exitCode) else { return false }
        }
        return filters.any("status") { $0 == container.state.rawValue }
            && filters.any("health") { $0 == container.health?.rawValue ?? "none" }
    }

    private func matchesImage(_ container: ContainerSummary) -> Bool {
        filters.any("ancestor") { $0 == container.image || $0 == container.imageID }
            || ancestors.contains(container.imageID)
    }

    private func matchesTime(_ container: ContainerSummary) -> Bool {
        (before.map { container.created < $0 } ?? true)
            && (since.map { container.created > $0 } ?? true)
    }

    private static func mounts(_ volume: String, _ container: ContainerSummary) -> Bool {
        container.mounts.contains {
            ($0.name ?? $0.source) == volume || $0.source == volume || $0.destination == volume
        }
    }

    private func matchesPorts(_ container: ContainerSummary) -> Bool {
        guard published != nil || exposed != nil else { return true }
        return (container.ports + container.exposedPorts).contains { port in
            exposed?.contains { $0.matches(port) } == true
                || (port.hostPort != nil && published?.contains { $0.matches(port) } == true)
        }
    }
}

/// `80`, `80/udp`, `8000-8010/tcp`: ports of the container.
private struct PortPattern {
    let ports: ClosedRange<UInt16>
    let transport: String

    static func all(_ filters: Filters, _ key: String) throws(FilterError) -> [PortPattern]? {
        guard let values = filters[key] else { return nil }
        var patterns: [PortPattern] = []
        for value in values { patterns.append(try PortPattern(value, key)) }
        return patterns
    }

    private init(_ text: String, _ key: String) throws(FilterError) {
        guard !text.contains(":") else {
            throw .refused("filter for '\(key)' should not contain ':': \(text)")
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let bounds = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let low = UInt16(bounds[0]), let high = UInt16(bounds[bounds.count - 1]), low <= high
        else {
            throw .refused(
                "error while looking up for \(key) \(text): invalid port range: \(parts[0])")
        }
        ports = low...high
        transport = parts.count == 2 ? parts[1].lowercased() : "tcp"
    }

    func matches(_ port: ContainerSummary.Port) -> Bool {
        ports.contains(port.containerPort) && port.transport == transport
    }
}
