// SPDX-License-Identifier: Apache-2.0

public import OCI

extension Resources {
    /// The rules with those that every container has: whatever is not allowed is forbidden, and the
    /// devices that each container's /dev has may be used. Every runtime adds them, and what makes
    /// specifications counts on it.
    /// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#default-devices
    public var withDefaultDevices: Resources {
        var whole = self
        if devices.first?.isWhole != true { whole.devices.insert(DeviceRule(allow: false), at: 0) }
        // Everything is allowed: a rule for less would take nothing away and add nothing.
        if let last = devices.last(where: \.isWhole), last.allow { return whole }
        whole.devices += Self.defaultDevices.filter { !devices.contains($0) }
        return whole
    }

    private static let defaultDevices: [DeviceRule] =
        // Making a node is no access to what it stands for.
        ["c", "b"].map { DeviceRule(allow: true, type: $0, access: "m") }
        // null, zero, full, random, urandom, tty, ptmx; and every pseudo-terminal.
        + [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2)].map {
            DeviceRule(allow: true, type: "c", major: $0.0, minor: $0.1)
        } + [DeviceRule(allow: true, type: "c", major: 136)]
}

extension Resources.DeviceRule {
    /// Whether the rule speaks of all devices and all access.
    var isWhole: Bool {
        (type ?? "a") == "a" && (major ?? -1) < 0 && (minor ?? -1) < 0
            && ((access ?? "").isEmpty || Set((access ?? "").utf8).count == 3)
    }
}
