// SPDX-License-Identifier: Apache-2.0

public import Linux

/// Who makes control groups.
public enum CgroupDriver: Equatable, Sendable {
    /// We do, as directories.
    case cgroupfs
    /// systemd does, as scopes; with `user` the one that the user's session has.
    case systemd(user: Bool)
}

/// Where a container's control group lies: `linux.cgroupsPath` of its specification, whose meaning
/// the driver decides. It is what a record must keep to find the group again.
public enum CgroupLocation: Equatable, Sendable {
    /// A path below the mounts.
    case path(String)
    /// A unit of systemd's.
    case unit(SystemdScope)

    /// Reads `linux.cgroupsPath`.
    ///
    /// For cgroupfs a path from the root of each hierarchy; a relative one, and the container's id
    /// when there is none, lies below `base`. For systemd "slice:prefix:name".
    /// - Parameter base: `ownParent(on:)`.
    public init(
        cgroupsPath: String?, id: String, driver: CgroupDriver = .cgroupfs, base: String = ""
    ) throws(CgroupSettingError) {
        let text = cgroupsPath ?? ""
        switch driver {
        case .cgroupfs: self = .path(try Self.path(text.isEmpty ? id : text, below: base))
        case .systemd(let user):
            self = .unit(try SystemdScope(cgroupsPath: text, id: id, ofUser: user))
        }
    }

    /// Dots are resolved as in a path that nobody can leave: "/../a" is "/a".
    private static func path(
        _ text: String, below base: String
    ) throws(CgroupSettingError) -> String {
        let whole = text.hasPrefix("/") ? text : "\(base)/\(text)"
        var names: [Substring] = []
        for name in whole.split(separator: "/") where name != "." {
            if name == ".." { _ = names.popLast() } else { names.append(name) }
        }
        let isPrintable = whole.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        guard !names.isEmpty, isPrintable, names.allSatisfy({ $0.utf8.count <= 255 }) else {
            throw CgroupSettingError(description: "invalid cgroupsPath \"\(text)\"")
        }
        return names.joined(separator: "/")
    }

    /// What relative paths are relative to. On version 2 it is the parent of this process's group:
    /// that group has processes, so it can pass no controllers down. On version 1 the root, since
    /// there may be another group in each hierarchy.
    public static func ownParent(on hierarchies: CgroupHierarchies) -> String {
        guard case .v2 = hierarchies,
            let text = try? contents(of: "/proc/self/cgroup", limit: 1 << 16)
        else { return "" }
        return parent(inMemberships: text)
    }

    /// The parent of the group of version 2 in the text of a /proc/PID/cgroup (cgroups(7)).
    static func parent(inMemberships text: [UInt8]) -> String {
        for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: "0::/".utf8) {
            let names = line.dropFirst(4).split(separator: UInt8(ascii: "/"))
            // A group outside of the reader's namespace is shown as "/../…".
            guard !names.contains(where: { $0.elementsEqual("..".utf8) }) else { return "" }
            return names.dropLast().map { String(decoding: $0, as: UTF8.self) }
                .joined(separator: "/")
        }
        return ""
    }

    /// The group on this machine.
    public func cgroup(on hierarchies: CgroupHierarchies) -> Cgroup {
        switch self {
        case .path(let path): Cgroup(path, on: hierarchies)
        case .unit(let scope): Cgroup(scope.path, on: hierarchies)
        }
    }
}

extension CgroupLocation {
    /// The location with what only systemd knows: the group below which the user's makes its own.
    /// To be asked once, before the location is recorded.
    public func resolved() throws(RuntimeError) -> CgroupLocation {
        guard case .unit(var scope) = self, scope.isOfUser, scope.base.isEmpty else { return self }
        do throws(SystemdError) {
            var systemd = try Systemd.connect(ofUser: true)
            scope.base = try systemd.ownGroup()
        } catch { throw .cgroup(error.description) }
        return .unit(scope)
    }

    /// Removes the group when its processes have ended, those that nobody has seen end included.
    public func remove(on hierarchies: CgroupHierarchies) throws(RuntimeError) {
        let cgroup = cgroup(on: hierarchies)
        // Before the unit is stopped: systemd would ask politely, and wait.
        do throws(KernelError) { try cgroup.killAll() } catch { throw .cgroup(error.description) }
        if case .unit(let scope) = self {
            do throws(SystemdError) {
                var systemd = try Systemd.connect(ofUser: scope.isOfUser)
                try systemd.stop(scope)
            } catch { throw .cgroup(error.description) }
        }
        do throws(KernelError) { try cgroup.remove() } catch { throw .cgroup(error.description) }
    }
}
