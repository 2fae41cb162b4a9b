// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// What of the kernel containers build on, each asked of the kernel itself.
public struct KernelFeatures: Sendable, Equatable {
    /// 1 or 2; nil where control groups are not mounted.
    public var cgroupVersion: Int?
    /// Controllers of control groups that can be set: "memory", "pids", ….
    public var controllers: [String] = []
    /// Whether swap can be limited.
    public var limitsSwap = false
    public var hasSeccomp = false
    public var hasUserNamespaces = false
    /// Whether mounts of the engine's file system can show files under other owners
    /// (mount_setattr(2), MOUNT_ATTR_IDMAP).
    public var hasIDMappedMounts = false
    public var hasOverlay = false
    public var forwardsIPv4 = false

    /// Nothing known yet.
    public init() {}

    /// Asks. Takes some milliseconds: a process is made in a user namespace of its own.
    /// - Parameter layers: a directory of the file system that holds the layers.
    static func probed(layers: String) -> KernelFeatures {
        var features = KernelFeatures()
        features.addControlGroups()
        features.hasSeccomp = exists("/proc/sys/kernel/seccomp/actions_avail")
        features.hasOverlay = line("/proc/filesystems").contains("\toverlay\n")
        features.forwardsIPv4 = line("/proc/sys/net/ipv4/ip_forward").hasPrefix("1")
        if let namespace = try? UserNamespaceProbe.namespace() {
            features.hasUserNamespaces = true
            features.hasIDMappedMounts = UserNamespaceProbe.canMap(layers, by: namespace.raw)
        }
        return features
    }

    private mutating func addControlGroups() {
        guard let hierarchies = try? CgroupHierarchies.discover() else { return }
        switch hierarchies {
        case .v1(let mounted, _):
            cgroupVersion = 1
            controllers = mounted.flatMap(\.controllers).filter { !$0.hasPrefix("name=") }.sorted()
            limitsSwap =
                hierarchies.mount(of: "memory").map {
                    exists("\($0)/memory.memsw.limit_in_bytes")
                } ?? false
        case .v2(let mount):
            cgroupVersion = 2
            controllers = Self.line("\(mount)/cgroup.controllers")
                .split(whereSeparator: \.isWhitespace).map(String.init).sorted()
            limitsSwap = controllers.contains("memory") && exists("/proc/swaps")
        }
    }

    private static func line(_ path: String) -> String {
        String(decoding: (try? contents(of: path, limit: 1 << 16)) ?? [], as: UTF8.self)
    }

    /// What users should know: containers run, but without this.
    public var warnings: [String] {
        var warnings: [String] = []
        if cgroupVersion == nil {
            warnings.append("WARNING: No control groups are mounted: no limits")
        } else {
            for (controller, name) in [("memory", "memory"), ("pids", "pids"), ("cpu", "cpu")]
            where !controllers.contains(controller) {
                warnings.append("WARNING: No \(name) limit support")
            }
            if controllers.contains("memory"), !limitsSwap {
                warnings.append("WARNING: No swap limit support")
            }
        }
        if !hasSeccomp { warnings.append("WARNING: No system call filters (seccomp)") }
        if !hasUserNamespaces {
            warnings.append("WARNING: No user namespaces: root in a container is root here")
        } else if !hasIDMappedMounts {
            warnings.append("WARNING: No id-mapped mounts on this file system")
        }
        if !hasOverlay { warnings.append("WARNING: No overlay file system") }
        return warnings
    }
}

/// Tries id-mapped mounts for real: kernels know them for some file systems and not for others.
enum UserNamespaceProbe {
    /// A user namespace that maps one id, held by its descriptor.
    static func namespace() throws -> OwnedFD {
        let gate = try DescriptorPair.pipe()
        guard let child = try cloneProcess(into: .user) else {
            // Waits to be killed, or for the pipe's other end to close because its parent was.
            _ = try? gate.takeFirst().readAll(limit: 1)
            _exit(0)
        }
        defer {
            finish(child)
            withExtendedLifetime(gate) {}
        }
        for map in ["uid_map", "gid_map"] {
            try replaceMap("/proc/\(child.pid)/\(map)", with: "0 1879048192 1\n")
        }
        return try OwnedFD.open("/proc/\(child.pid)/ns/user")
    }

    private static func finish(_ child: borrowing ClonedProcess) {
        try? child.pidfd.send(signal: SIGKILL)
        _ = try? child.pidfd.reap()
    }

    private static func replaceMap(_ path: String, with text: String) throws(Errno) {
        try OwnedFD.open(path, O_WRONLY).writeAll(Array(text.utf8))
    }

    static func canMap(_ directory: String, by namespace: CInt) -> Bool {
        do throws(Errno) {
            let mount = try Mounting.cloneTree(directory)
            try Mounting.mapIDs(of: mount.raw, by: namespace)
            return true
        } catch { return false }
    }
}
