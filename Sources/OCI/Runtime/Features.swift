// SPDX-License-Identifier: Apache-2.0

/// What a runtime can do, here and now.
/// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/features.md
public struct Features: Codable, Equatable, Sendable {
    public var ociVersionMin: String
    public var ociVersionMax: String
    public var hooks: [String] = []
    public var mountOptions: [String] = []
    public var linux: Linux
    public var annotations: [String: String] = [:]
    /// Annotations that change more than they say; we know none.
    public var potentiallyUnsafeConfigAnnotations: [String] = []

    public init(linux: Linux) {
        ociVersionMin = SpecVersion.oldest
        ociVersionMax = SpecVersion.newest
        self.linux = linux
    }

    /// Linux's part.
    public struct Linux: Codable, Equatable, Sendable {
        public var namespaces: [String] = []
        public var capabilities: [String] = []
        public var cgroup: Cgroup
        public var seccomp: Seccomp
        public var apparmor: Enabled
        public var selinux: Enabled
        public var intelRdt: Enabled
        public var mountExtensions: MountExtensions

        public init(
            cgroup: Cgroup, seccomp: Seccomp, apparmor: Bool, selinux: Bool, intelRdt: Bool,
            idMappedMounts: Bool
        ) {
            self.cgroup = cgroup
            self.seccomp = seccomp
            self.apparmor = Enabled(enabled: apparmor)
            self.selinux = Enabled(enabled: selinux)
            self.intelRdt = Enabled(enabled: intelRdt)
            mountExtensions = MountExtensions(idmap: Enabled(enabled: idMappedMounts))
        }
    }

    /// Whether something is there.
    public struct Enabled: Codable, Equatable, Sendable {
        public var enabled: Bool

        public init(enabled: Bool) { self.enabled = enabled }
    }

    /// Mounts that older kernels do not have.
    public struct MountExtensions: Codable, Equatable, Sendable {
        public var idmap: Enabled

        public init(idmap: Enabled) { self.idmap = idmap }
    }

    /// Which control groups can be managed, and how.
    public struct Cgroup: Codable, Equatable, Sendable {
        public var v1: Bool
        public var v2: Bool
        public var systemd: Bool
        public var systemdUser: Bool
        public var rdma: Bool

        public init(v1: Bool, v2: Bool, systemd: Bool, systemdUser: Bool, rdma: Bool) {
            self.v1 = v1
            self.v2 = v2
            self.systemd = systemd
            self.systemdUser = systemdUser
            self.rdma = rdma
        }
    }

    /// What a filter may say.
    public struct Seccomp: Codable, Equatable, Sendable {
        public var enabled: Bool
        public var actions: [String] = []
        public var operators: [String] = []
        public var archs: [String] = []
        public var knownFlags: [String] = []
        public var supportedFlags: [String] = []

        public init(enabled: Bool) { self.enabled = enabled }
    }
}
