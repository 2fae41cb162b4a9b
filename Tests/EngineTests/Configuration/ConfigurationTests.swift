// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI
import Testing

struct ConfigurationTests {
    /// Docker 28.2 sends these for `docker create busybox`, and prints them in this order.
    @Test func emptyContainer() throws {
        var configuration = ContainerConfiguration()
        configuration.image = "busybox"
        #expect(
            try configuration.json().text()
                == #"{"Hostname":"","Domainname":"","User":"","AttachStdin":false,"#
                + #""AttachStdout":false,"AttachStderr":false,"Tty":false,"OpenStdin":false,"#
                + #""StdinOnce":false,"Env":null,"Cmd":null,"Image":"busybox","Volumes":null,"#
                + #""WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":{}}"#)
    }

    @Test func emptyHost() throws {
        #expect(
            try HostConfiguration().json().text()
                == #"{"Binds":null,"ContainerIDFile":"","LogConfig":{"Type":"","Config":{}},"#
                + #""NetworkMode":"default","PortBindings":{},"RestartPolicy":{"Name":"no","#
                + #""MaximumRetryCount":0},"AutoRemove":false,"VolumeDriver":"","VolumesFrom":null,"#
                + #""ConsoleSize":[0,0],"CapAdd":null,"CapDrop":null,"CgroupnsMode":"","Dns":[],"#
                + #""DnsOptions":[],"DnsSearch":[],"ExtraHosts":null,"GroupAdd":null,"IpcMode":"","#
                + #""Cgroup":"","Links":null,"OomScoreAdj":0,"PidMode":"","Privileged":false,"#
                + #""PublishAllPorts":false,"ReadonlyRootfs":false,"SecurityOpt":null,"UTSMode":"","#
                + #""UsernsMode":"","ShmSize":0,"Isolation":"","CpuShares":0,"Memory":0,"#
                + #""NanoCpus":0,"CgroupParent":"","BlkioWeight":0,"BlkioWeightDevice":[],"#
                + #""BlkioDeviceReadBps":[],"BlkioDeviceWriteBps":[],"BlkioDeviceReadIOps":[],"#
                + #""BlkioDeviceWriteIOps":[],"CpuPeriod":0,"CpuQuota":0,"CpuRealtimePeriod":0,"#
                + #""CpuRealtimeRuntime":0,"CpusetCpus":"","CpusetMems":"","Devices":[],"#
                + #""DeviceCgroupRules":null,"DeviceRequests":null,"MemoryReservation":0,"#
                + #""MemorySwap":0,"MemorySwappiness":null,"OomKillDisable":null,"PidsLimit":null,"#
                + #""Ulimits":[],"CpuCount":0,"CpuPercent":0,"IOMaximumIOps":0,"#
                + #""IOMaximumBandwidth":0,"MaskedPaths":null,"ReadonlyPaths":null}"#)
    }

    @Test func containerRoundTrip() throws {
        var it = ContainerConfiguration()
        it.exposedPorts = ["80/tcp", "7/udp"]
        it.env = ["A=1", "B"]
        it.volumes = ["/x"]
        it.entrypoint = [""]
        it.labels = ["b": "2", "a": "1"]
        it.stopTimeout = 0
        it.healthcheck = HealthConfiguration()
        it.healthcheck?.interval = 5
        #expect(try ContainerConfiguration(json: it.json().bytes()) == it)
    }

    @Test func hostRoundTrip() throws {
        var it = HostConfiguration()
        it.binds = ["/a:/b"]
        it.portBindings[Port(80)] = [PortBinding(hostPort: "8080")]
        it.portBindings[Port(53, .udp)] = [PortBinding(hostIP: "::1")]
        it.restartPolicy = RestartPolicy(.onFailure, maximumRetryCount: 2)
        it.maskedPaths = []
        it.pidsLimit = -1
        it.mounts = [MountPoint(type: .tmpfs)]
        it.ulimits = [Ulimit(name: "core", soft: 0, hard: -1)]
        it.`init` = false
        #expect(try HostConfiguration(json: it.json().bytes()) == it)
        #expect(it.portBindings.ports.map(\.description) == ["53/udp", "80/tcp"])
    }

    @Test(arguments: [
        (["A=1", "B=2"], ["B=3", "C=4"], ["A=1", "B=3", "C=4"]), (["A=1"], ["A"], []),
        (["A=1"], ["A="], ["A="]), (["A=1"], ["AA=2", "B"], ["A=1", "AA=2"]),
    ])
    func environment(_ base: [String], _ changes: [String], _ result: [String]) {
        #expect(ContainerConfiguration.environment(base, overriddenBy: changes) == result)
    }

    @Test(arguments: [("80/tcp", "80/tcp"), ("80", "80/tcp"), ("7/sctp", "7/sctp")])
    func ports(_ text: String, _ spelling: String) {
        #expect(Port(parsing: text)?.description == spelling)
    }

    @Test(arguments: ["", "x", "80/", "80/foo", "70000", "-1", "80/tcp/x"])
    func refusesPort(_ text: String) { #expect(Port(parsing: text) == nil) }
}

struct BindSpecificationTests {
    @Test func parts() throws {
        let bind = try BindSpecification(parsing: "/a:/b:ro,rslave,Z")
        #expect(bind.isBind && bind.readOnly)
        #expect(bind.source == "/a" && bind.destination == "/b" && bind.mode == "ro,rslave,Z")
        #expect(bind.propagation == "rslave" && bind.relabel == "Z")
        let volume = try BindSpecification(parsing: "vol:/c:nocopy")
        #expect(!volume.isBind && volume.noCopy && !volume.readOnly)
    }

    @Test(arguments: [
        ("/a:/b:badmode", "invalid mode: badmode"), ("/a:/b:ro,rw", "invalid mode: ro,rw"),
        ("/a:/b:nocopy", "invalid mode: nocopy"), ("v1:/b:rslave", "invalid mode: rslave"),
        ("/a:ro", "invalid volume specification: '/a:ro'"),
        ("/a", "invalid volume specification: '/a'"),
        (
            "/a:b",
            "invalid volume specification: '/a:b': invalid mount config for type \"bind\":"
                + " invalid mount path: 'b' mount path must be absolute"
        ),
        (
            "/a:/",
            "invalid volume specification: '/a:/': invalid mount config for type \"bind\":"
                + " invalid specification: destination can't be '/'"
        ),
        (
            "rel/x:/y",
            "create rel/x: \"rel/x\" includes invalid characters for a local volume name, only"
                + " \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host"
                + " directory, use absolute path"
        ),
        (
            "a:/x",
            "create a: volume name is too short, names should be at least two alphanumeric"
                + " characters"
        ),
    ])
    func refuses(_ text: String, _ message: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try BindSpecification(parsing: text)
        }
        #expect(error?.message == message)
    }
}
