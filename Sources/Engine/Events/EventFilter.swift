// SPDX-License-Identifier: Apache-2.0

/// Which events `--filter` leaves (https://docs.docker.com/reference/cli/docker/system/events/).
public struct EventFilter: Sendable {
    private let filters: Filters
    private static let keys = [
        "container", "daemon", "event", "image", "label", "network", "node", "scope", "secret",
        "service", "type", "volume", "config", "plugin",
    ]

    /// - Throws: for a key that events do not have.
    public init(_ filters: Filters) throws(FilterError) {
        try filters.require(Self.keys)
        self.filters = filters
    }

    /// Whether all conditions hold.
    public func matches(_ event: Event) -> Bool {
        filters.any("event") { Self.action($0, is: event.action) }
            && filters.any("type") { $0 == event.kind.rawValue }
            && filters.any("scope") { $0 == "local" }
            && filters.any("image") { Self.image($0, isOf: event) }
            && matches("container", .container, event) && matches("volume", .volume, event)
            && matches("network", .network, event) && matches("daemon", .daemon, event)
            && !["config", "node", "plugin", "secret", "service"].contains { filters[$0] != nil }
            && filters.matchLabels(event.attributes)
    }

    /// Some actions tell more behind their first word: `exec_create: sh`, `health_status: healthy`.
    private static func action(_ wanted: String, is action: String) -> Bool {
        if wanted == action { return true }
        return ["exec_create", "exec_start", "health_status"].contains(wanted)
            && action.hasPrefix(wanted)
    }

    /// An object of this kind whose ID or name begins so.
    private func matches(_ key: String, _ kind: Event.Kind, _ event: Event) -> Bool {
        guard filters[key] != nil else { return true }
        guard event.kind == kind else { return false }
        return filters.any(key) {
            event.actor.hasPrefix($0) || (event.attributes["name"] ?? "").hasPrefix($0)
        }
    }

    /// An image, or what happens to its containers; with or without the tag.
    private static func image(_ wanted: String, isOf event: Event) -> Bool {
        guard event.kind == .image || event.kind == .container else { return false }
        let name = event.attributes[event.kind == .image ? "name" : "image"] ?? ""
        return [event.actor, name, untagged(event.actor), untagged(name)].contains(wanted)
    }

    private static func untagged(_ name: String) -> String {
        let last = name.split(separator: "/").last ?? ""
        guard let colon = last.firstIndex(of: ":") else { return name }
        return String(name.dropLast(last.distance(from: colon, to: last.endIndex)))
    }
}
