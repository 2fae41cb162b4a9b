// SPDX-License-Identifier: Apache-2.0

public import Linux
public import OCI

/// What to do to control groups, in this host's files.
public struct CgroupPlan: Equatable, Sendable {
    /// The group to make and join; nil for none.
    public var cgroup: Cgroup?
    /// In the order in which they must be written.
    public var settings: [CgroupSetting] = []
    /// cgroup v2: the device rules as eBPF instructions; in v1 they are among the settings.
    public var deviceProgram: [UInt64] = []

    /// The unit that systemd makes the group for; nil when we make it.
    public var scope: ScopeStart?

    /// A group without limits.
    public init(_ cgroup: Cgroup? = nil) { self.cgroup = cgroup }

    /// A group with the limits of a specification.
    public init(_ cgroup: Cgroup, _ resources: Resources) throws(CgroupSettingError) {
        self.cgroup = cgroup
        settings = try cgroup.settings(for: resources)
        guard case .v2 = cgroup.hierarchies, !resources.devices.isEmpty else { return }
        deviceProgram = DeviceProgram(resources.devices).instructions
    }

    /// The group of a specification, with its limits, by whichever driver the location names.
    public init(
        _ location: CgroupLocation, _ resources: Resources, on hierarchies: CgroupHierarchies
    ) throws(CgroupSettingError) {
        try self.init(location.cgroup(on: hierarchies), resources)
        guard case .unit(let unit) = location else { return }
        scope = ScopeStart(
            scope: unit, properties: try UnitProperties(resources, on: hierarchies)())
    }
}
