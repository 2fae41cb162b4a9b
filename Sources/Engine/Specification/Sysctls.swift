// SPDX-License-Identifier: Apache-2.0

/// Kernel settings of a container: those that belong to one of its namespaces (sysctl(2), proc(5)).
struct Sysctls {
    let modes: NamespaceModes
    let users: SpecificationFacts.Users

    /// What is written below /proc/sys: the user's settings, and for a network of the container's
    /// own Docker's two that let a user without privileges serve port 80 and send echo requests.
    func settings(_ requested: [String: String]) throws(ConfigurationError) -> [String: String] {
        for key in requested.keys.sorted() { try check(key) }
        guard modes.network == .own else { return requested }
        // Groups that are not mapped cannot be named.
        let lastGroup = users == .host ? 2_147_483_647 : SpecificationFacts.idRangeSize - 1
        let defaults = [
            "net.ipv4.ip_unprivileged_port_start": "0",
            "net.ipv4.ping_group_range": "0 \(lastGroup)",
        ]
        return requested.merging(defaults) { own, _ in own }
    }

    /// Refuses what would change the host.
    private func check(_ key: String) throws(ConfigurationError) {
        let isNetwork = key.hasPrefix("net.")
        guard isNetwork || Self.belongsToIPC(key) else {
            throw ConfigurationError("sysctl '\(key)' is not allowed")
        }
        // A dot and a slash are one separator to the kernel: no ".." may come of them.
        guard !key.utf8.contains(UInt8(ascii: "/")), !key.contains(".."), !key.hasSuffix(".") else {
            throw ConfigurationError("sysctl '\(key)' is not allowed")
        }
        if isNetwork, modes.network == .host {
            throw ConfigurationError(
                "sysctl '\(key)' is not allowed in the host's network namespace")
        }
        if !isNetwork, modes.ipc == .host {
            throw ConfigurationError("sysctl '\(key)' is not allowed in the host's IPC namespace")
        }
    }

    private static func belongsToIPC(_ key: String) -> Bool {
        switch key {
        case "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall",
            "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced":
            true
        default: key.hasPrefix("fs.mqueue.")
        }
    }
}
