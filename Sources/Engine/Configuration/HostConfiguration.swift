// SPDX-License-Identifier: Apache-2.0

public import OCI

/// How a container runs on this host: Docker's `HostConfig`, member for member and in Docker's
/// order, so that `inspect` prints this value as it stands.
public struct HostConfiguration: Codable, Equatable, Sendable {
    /// `source:destination[:options]`, see `BindSpecification`.
    @NullWhenEmpty public var binds: [String] = []
    /// The file that receives the ID; empty for none.
    public var containerIDFile = ""
    public var logConfig = LogConfiguration()
    /// `default`, `bridge`, `host`, `none`, `container:X` or a network's name.
    public var networkMode = "default"
    public var portBindings = PortBindings()
    public var restartPolicy = RestartPolicy()
    public var autoRemove = false
    public var volumeDriver = ""
    /// `container[:ro|rw]`.
    @NullWhenEmpty public var volumesFrom: [String] = []
    /// Rows and columns of the terminal at the start.
    public var consoleSize: [UInt] = [0, 0]
    @OmitEmpty public var annotations: [String: String] = [:]
    /// `CAP_X` or `ALL`, sorted.
    @NullWhenEmpty public var capAdd: [String] = []
    @NullWhenEmpty public var capDrop: [String] = []
    /// `host`, `private`, or empty for the engine's choice.
    public var cgroupnsMode = ""
    public var dns: [String] = []
    public var dnsOptions: [String] = []
    public var dnsSearch: [String] = []
    /// `name:address`, also `name:host-gateway`.
    @NullWhenEmpty public var extraHosts: [String] = []
    @NullWhenEmpty public var groupAdd: [String] = []
    public var ipcMode = ""
    public var cgroup = ""
    @NullWhenEmpty public var links: [String] = []
    public var oomScoreAdj = 0
    public var pidMode = ""
    public var privileged = false
    public var publishAllPorts = false
    public var readonlyRootfs = false
    /// As given, except that a seccomp profile's file has been read into `seccomp=<JSON>`.
    @NullWhenEmpty public var securityOpt: [String] = []
    @OmitEmpty public var storageOpt: [String: String] = [:]
    /// Mount options by path.
    @OmitEmpty public var tmpfs: [String: String] = [:]
    public var utsMode = ""
    public var usernsMode = ""
    /// Bytes; 0 for the default of 64 MiB.
    public var shmSize: Int64 = 0
    @OmitEmpty public var sysctls: [String: String] = [:]
    @OmitZero public var runtime: String = ""
    public var isolation = ""

    // Docker's `Resources`.
    public var cpuShares: Int64 = 0
    /// Bytes; 0 for no limit.
    public var memory: Int64 = 0
    /// Billionths of one CPU; 0 for no limit.
    public var nanoCPUs: Int64 = 0
    public var cgroupParent = ""
    public var blkioWeight: UInt16 = 0
    public var blkioWeightDevice: [WeightDevice] = []
    public var blkioDeviceReadBps: [ThrottleDevice] = []
    public var blkioDeviceWriteBps: [ThrottleDevice] = []
    public var blkioDeviceReadIOps: [ThrottleDevice] = []
    public var blkioDeviceWriteIOps: [ThrottleDevice] = []
    /// Microseconds.
    public var cpuPeriod: Int64 = 0
    /// Microseconds in each period.
    public var cpuQuota: Int64 = 0
    public var cpuRealtimePeriod: Int64 = 0
    public var cpuRealtimeRuntime: Int64 = 0
    public var cpusetCpus = ""
    public var cpusetMems = ""
    public var devices: [DeviceMapping] = []
    /// Such as `c 1:3 rwm`.
    @NullWhenEmpty public var deviceCgroupRules: [String] = []
    @NullWhenEmpty public var deviceRequests: [DeviceRequest] = []
    /// Bytes; 0 for none.
    public var memoryReservation: Int64 = 0
    /// Bytes of memory and swap together; -1 for no limit, 0 for twice the memory.
    public var memorySwap: Int64 = 0
    /// 0 to 100; nil for the kernel's own.
    @Nullable public var memorySwappiness: Int64?
    @Nullable public var oomKillDisable: Bool?
    /// 0 and nil for the engine's default, -1 for no limit.
    @Nullable public var pidsLimit: Int64?
    public var ulimits: [Ulimit] = []
    public var cpuCount: Int64 = 0
    public var cpuPercent: Int64 = 0
    public var ioMaximumIOps: UInt64 = 0
    public var ioMaximumBandwidth: UInt64 = 0

    @OmitEmpty public var mounts: [MountPoint] = []
    /// Nil for the default list; empty when nothing is masked.
    @Nullable public var maskedPaths: [String]?
    @Nullable public var readonlyPaths: [String]?
    /// Whether a small init process runs as PID 1; nil when nobody said.
    public var `init`: Bool?

    public init() {}
}
