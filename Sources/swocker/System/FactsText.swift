// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

/// The answers to `info`, laid out as Docker's.
extension SystemFacts {
    var text: String {
        """
        Client:
         Version:    \(Version.number)

        Server:
         Containers: \(containers)
          Running: \(running)
          Paused: \(paused)
          Stopped: \(stopped)
         Images: \(images)
         Server Version: \(Version.number)
         Storage Driver: overlay2
        \(driverStatus.map { "  \($0): \($1)\n" }.joined()) \
        Logging Driver: local
         Cgroup Driver: \(cgroupDriver)
         Cgroup Version: \(features.cgroupVersion ?? 0)
         Plugins:
          Volume: local
          Network: host null
          Log: json-file local none
         Init Binary: \(initProgram ?? "")
         Security Options:
        \(securityLines) \
        Kernel Version: \(machine.kernel)
         Operating System: \(inert(machine.system))
         OSType: linux
         Architecture: \(machine.hardware)
         CPUs: \(machine.processors)
         Total Memory: \(humanBinarySize(machine.memory))
         Name: \(inert(machine.name))
         Docker Root Dir: \(root)
         Live Restore Enabled: true

        """
    }

    /// Docker's JSON (Engine API 1.50, SystemInfo): what of it there is.
    var document: JSONValue {
        .object(JSONObject(counts + abilities + host))
    }

    private var counts: [(String, JSONValue)] {
        [
            ("Containers", number(containers)), ("ContainersRunning", number(running)),
            ("ContainersPaused", number(paused)), ("ContainersStopped", number(stopped)),
            ("Images", number(images)), ("Driver", "overlay2"),
            (
                "DriverStatus",
                .array(driverStatus.map { .array([.string($0), .string($1)]) })
            ),
            (
                "Plugins",
                [
                    "Volume": ["local"], "Network": ["host", "null"], "Authorization": nil,
                    "Log": ["json-file", "local", "none"],
                ]
            ),
        ]
    }

    private var abilities: [(String, JSONValue)] {
        func has(_ controller: String) -> JSONValue {
            .bool(features.controllers.contains(controller))
        }
        return [
            ("MemoryLimit", has("memory")), ("SwapLimit", .bool(features.limitsSwap)),
            ("CpuCfsPeriod", has("cpu")), ("CpuCfsQuota", has("cpu")), ("CPUShares", has("cpu")),
            ("CPUSet", has("cpuset")), ("PidsLimit", has("pids")),
            ("IPv4Forwarding", .bool(features.forwardsIPv4)),
            ("OomKillDisable", .bool(features.cgroupVersion == 1)),
            ("SystemTime", .string(Timestamp.now.rfc3339Nano)), ("LoggingDriver", "local"),
            ("CgroupDriver", .string(cgroupDriver)),
            ("CgroupVersion", .string("\(features.cgroupVersion ?? 0)")),
        ]
    }

    private var host: [(String, JSONValue)] {
        [
            ("KernelVersion", .string(machine.kernel)),
            ("OperatingSystem", .string(machine.system)),
            ("OSVersion", .string(machine.systemVersion)), ("OSType", "linux"),
            ("Architecture", .string(machine.hardware)), ("NCPU", number(machine.processors)),
            ("MemTotal", .integer(machine.memory)), ("DockerRootDir", .string(root)),
            ("Name", .string(machine.name)), ("Labels", []), ("ExperimentalBuild", false),
            ("ServerVersion", .string(Version.number)), ("LiveRestoreEnabled", true),
            ("InitBinary", .string(initProgram ?? "")),
            ("SecurityOptions", .array(securityOptions.map(JSONValue.string))),
            ("Warnings", .array(features.warnings.map(JSONValue.string))),
            ("ClientInfo", ["Version": .string(Version.number)]),
        ]
    }

    private func number(_ value: Int) -> JSONValue { .integer(Int64(value)) }

    private var driverStatus: [(String, String)] {
        [
            ("Backing Filesystem", backingFileSystem),
            ("Id-mapped layers", "\(features.hasIDMappedMounts)"),
        ]
    }

    private var cgroupDriver: String { features.cgroupVersion == nil ? "none" : "cgroupfs" }

    private var securityOptions: [String] {
        var options: [String] = []
        if features.hasSeccomp { options.append("name=seccomp,profile=builtin") }
        if features.hasUserNamespaces { options.append("name=userns") }
        if features.cgroupVersion != nil { options.append("name=cgroupns") }
        return options
    }

    private var securityLines: String {
        var lines = ""
        if features.hasSeccomp { lines += "  seccomp\n   Profile: builtin\n" }
        if features.hasUserNamespaces { lines += "  userns\n" }
        if features.cgroupVersion != nil { lines += "  cgroupns\n" }
        return lines
    }
}
