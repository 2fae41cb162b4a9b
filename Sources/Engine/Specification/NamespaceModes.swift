// SPDX-License-Identifier: Apache-2.0

/// Whose namespace of a kind a container lives in.
public enum NamespaceMode: Equatable, Sendable {
    /// A new one.
    case own
    /// The host's.
    case host
    /// That of another container, by name or ID.
    case container(String)

    /// Reads a mode; nil for a word that is none.
    /// - Parameter own: the spellings of a namespace of the container's own.
    init?(_ text: String, own: [String]) {
        if own.contains(text) {
            self = .own
        } else if text == "host" {
            self = .host
        } else if text.hasPrefix("container:"), text.utf8.count > 10 {
            self = .container(String(text.dropFirst(10)))
        } else {
            return nil
        }
    }
}

/// The namespaces that a host configuration asks for.
public struct NamespaceModes: Equatable, Sendable {
    public let network: NamespaceMode
    public let pid: NamespaceMode
    public let ipc: NamespaceMode
    /// Own or the host's.
    public let uts: NamespaceMode
    /// Own or the host's.
    public let cgroup: NamespaceMode
    /// Whether the container's users are the host's: asked for, or implied.
    ///
    /// A process whose users are mapped has no rights in the host's namespaces, and a privileged
    /// one none over the host's devices; Docker's meaning of both needs the host's users.
    public let usesHostUsers: Bool

    /// Reads the modes; throws Docker's words for one that does not exist.
    /// - Parameter cgroupVersion: with version 1, a privileged container sees the host's groups.
    public init(
        _ host: HostConfiguration, cgroupVersion: Int = 2
    ) throws(ConfigurationError) {
        // Any other word is a network's name: a namespace of the container's own.
        network = NamespaceMode(host.networkMode, own: []) ?? .own
        pid = try Self.mode(host.pidMode, "PID mode")
        ipc = try Self.mode(host.ipcMode, "IPC mode", own: ["", "none", "private", "shareable"])
        uts = try Self.mode(host.utsMode, "UTS mode", joins: false)
        let users = try Self.mode(host.usernsMode, "user namespace mode", joins: false)
        let groups = try Self.mode(
            host.cgroupnsMode, "cgroup namespace mode", own: ["", "private"], joins: false)
        let seesAllGroups =
            host.cgroupnsMode.isEmpty && host.privileged && cgroupVersion == 1
        cgroup = seesAllGroups ? .host : groups
        usesHostUsers =
            host.privileged || users == .host || [network, pid, ipc, uts].contains(.host)
    }

    private static func mode(
        _ text: String, _ what: String, own: [String] = [""], joins: Bool = true
    ) throws(ConfigurationError) -> NamespaceMode {
        guard let mode = NamespaceMode(text, own: own) else {
            throw ConfigurationError("invalid \(what): \(text)")
        }
        if !joins, case .container = mode {
            throw ConfigurationError("invalid \(what): \(text)")
        }
        return mode
    }

    /// The containers, by name or ID, whose namespaces are joined.
    public var joinedContainers: [String] {
        var names: [String] = []
        for case .container(let name) in [network, pid, ipc] where !names.contains(name) {
            names.append(name)
        }
        return names
    }
}
