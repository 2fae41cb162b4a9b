// SPDX-License-Identifier: Apache-2.0

public import Linux
internal import OCI

/// What becomes of a mount's attributes.
public struct AttributeChange: Equatable, Sendable {
    public var set: MountAttributes = []
    public var clear: MountAttributes = []
    /// What reaches the mounts below too.
    public var recursiveSet: MountAttributes = []
    public var recursiveClear: MountAttributes = []
    public var propagation: Propagation?
    public var propagatesRecursively = true

    public init() {}
}

/// A mount whose files show other owners than they have.
public struct OwnerShift: Equatable, Sendable {
    public var mount: Slot
    public var recursive: Bool
    /// A user namespace of the mount's own mapping; nil for the container's.
    public var mapping: Slot?
    /// Whether a file system that cannot do it is an error. Otherwise its files belong to nobody
    /// inside, which is safe.
    public var isRequired: Bool

    public init(_ mount: Slot, recursive: Bool, mapping: Slot? = nil, isRequired: Bool) {
        self.mount = mount
        self.recursive = recursive
        self.mapping = mapping
        self.isRequired = isRequired
    }
}

/// How far a clock of the new time namespace is from the host's.
public struct ClockOffset: Equatable, Sendable {
    /// "monotonic" or "boottime".
    public var clock: String
    public var seconds: Int64
    public var nanoseconds: UInt32

    /// The line for /proc/PID/timens_offsets (time_namespaces(7)).
    var line: String { "\(clock) \(seconds) \(nanoseconds)" }
}

/// What a security module shall know the program as.
public enum SecurityLabel: Equatable, Sendable {
    case appArmor(profile: String)
    case seLinux(context: String)

    /// The module's name.
    var module: String {
        switch self {
        case .appArmor: "AppArmor"
        case .seLinux: "SELinux"
        }
    }

    var text: String {
        switch self {
        case .appArmor(let text), .seLinux(let text): text
        }
    }
}

/// A group of resctrl: shares of caches and of memory bandwidth.
/// https://docs.kernel.org/filesystems/resctrl.html
public struct ResourceGroup: Equatable, Sendable {
    /// Below /sys/fs/resctrl.
    public var name: String
    /// Lines for the file "schemata"; none when an existing group is joined as it is.
    public var schemata: [String]
    /// Whether others may use the group too: it was named by a `closID`. Then it is not removed with
    /// a container, and one that is there is taken only as it is.
    public var isShared: Bool
    /// Where resctrl is mounted.
    var parent = Self.mount

    public init(name: String, schemata: [String], isShared: Bool = false) {
        self.name = name
        self.schemata = schemata
        self.isShared = isShared
    }

    /// The group of a specification: `closID`, or one of the container's own.
    init(_ settings: LinuxSpec.IntelRdt, id: String) {
        self.init(
            name: settings.closID ?? id,
            schemata: [settings.l3CacheSchema, settings.memBwSchema].compactMap { $0 },
            isShared: settings.closID != nil)
    }

    static let mount = "/sys/fs/resctrl"
    var directory: String { "\(parent)/\(name)" }
}
