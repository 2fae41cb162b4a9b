// SPDX-License-Identifier: Apache-2.0

/// Capabilities as the kernel keeps them: bit n is capability n.
public struct CapabilitySet: Equatable, Hashable, RawRepresentable, Sendable {
    /// The kernel's mask.
    public var rawValue: UInt64
    /// A set from the kernel's mask.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The 14 that Docker leaves to a container.
    public static var docker: CapabilitySet {
        [
            .chown, .dacOverride, .fsetid, .fowner, .mknod, .netRaw, .setgid, .setuid, .setfcap,
            .setpcap, .netBindService, .sysChroot, .kill, .auditWrite,
        ]
    }

    /// All that the running kernel has (/proc/sys/kernel/cap_last_cap), as far as we know them.
    public static let all: CapabilitySet = {
        let newest = Int(Capability.checkpointRestore.rawValue)
        let text = (try? contents(of: "/proc/sys/kernel/cap_last_cap", limit: 16)) ?? []
        let last = decimal(text[...]).map { min(Int($0), newest) } ?? newest
        return CapabilitySet(rawValue: (1 << UInt64(last + 1)) - 1)
    }()

    /// Whether the capability is in the set.
    public func contains(_ capability: Capability) -> Bool {
        rawValue & (1 << UInt64(capability.rawValue)) != 0
    }

    /// Puts a capability in.
    public mutating func insert(_ capability: Capability) {
        rawValue |= 1 << UInt64(capability.rawValue)
    }

    /// Takes a capability out.
    public mutating func remove(_ capability: Capability) {
        rawValue &= ~(1 << UInt64(capability.rawValue))
    }

    /// What is in either set.
    public func union(_ other: CapabilitySet) -> CapabilitySet {
        CapabilitySet(rawValue: rawValue | other.rawValue)
    }

    /// What is in both sets.
    public func intersection(_ other: CapabilitySet) -> CapabilitySet {
        CapabilitySet(rawValue: rawValue & other.rawValue)
    }

    /// What is in this set and not in the other.
    public func subtracting(_ other: CapabilitySet) -> CapabilitySet {
        CapabilitySet(rawValue: rawValue & ~other.rawValue)
    }

    /// The kernel's spellings, in the kernel's order.
    public var names: [String] { Capability.allCases.filter(contains).map(\.name) }
}

extension CapabilitySet: ExpressibleByArrayLiteral {
    /// A set of these capabilities.
    public init(arrayLiteral elements: Capability...) {
        self.init(rawValue: elements.reduce(0) { $0 | 1 << UInt64($1.rawValue) })
    }
}

/// A capability that a user asked for and nobody knows, or that this kernel does not have.
public enum CapabilityError: Error, Equatable, CustomStringConvertible, Sendable {
    /// `option` is "CapAdd" or "CapDrop".
    case unknown(option: String, name: String)
    /// The running kernel has no such capability.
    case unsupported(name: String)

    /// Docker's words.
    public var description: String {
        switch self {
        case .unknown(let option, let name): "invalid \(option): unknown capability: \"\(name)\""
        case .unsupported(let name):
            "capability not supported by your kernel or not available in the current environment: "
                + "\"\(name)\""
        }
    }
}

extension CapabilitySet {
    /// The set of a specification's names. Names that we or the kernel don't know are left out, as
    /// the runtime specification asks.
    public init(names: [String]) {
        self.init(rawValue: 0)
        for name in names { if let known = Capability(name: name) { insert(known) } }
    }

    /// The set after `--cap-add` and `--cap-drop`, which know "ALL": adding all leaves out what is
    /// dropped, dropping all leaves what is added, and otherwise an addition beats a drop (Docker's
    /// rules).
    public func adjusted(
        adding: [String], dropping: [String]
    ) throws(CapabilityError) -> CapabilitySet {
        let (added, addsAll) = try Self.parse(adding, of: "CapAdd")
        let (dropped, dropsAll) = try Self.parse(dropping, of: "CapDrop")
        if addsAll { return Self.all.subtracting(dropped) }
        return (dropsAll ? [] : subtracting(dropped)).union(added)
    }

    private static func parse(
        _ names: [String], of option: String
    ) throws(CapabilityError) -> (set: CapabilitySet, all: Bool) {
        var set: CapabilitySet = []
        var all = false
        for name in names {
            let normalized = Capability.normalized(name)
            guard normalized != "CAP_ALL" else {
                all = true
                continue
            }
            guard let capability = Capability(name: normalized) else {
                throw .unknown(option: option, name: normalized)
            }
            guard Self.all.contains(capability) else { throw .unsupported(name: normalized) }
            set.insert(capability)
        }
        return (set, all)
    }
}
