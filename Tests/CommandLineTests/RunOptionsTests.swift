// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI
import Testing

@testable import swocker

/// What options become. Where Docker has an answer it is Docker 28.2's, taken from its requests.
struct RunOptionsTests {
    static let files = [
        "env": "\u{FEFF}X=1\n  Y=2 \n#c\n #d\nHOME\nNOPE\nQ=\"q\"\n", "blank": "A B=1\n",
        "nameless": "=1\n", "labels": "l1=a\nl2\n", "profile": "{\"a\": [1, 2]}", "bad": "{a",
    ]

    static var client: RunOptions.Client {
        RunOptions.Client(
            environment: { $0 == "HOME" ? "/root" : nil },
            read: { path in
                guard let content = files[path] else {
                    throw InvalidValue("open \(path): no such file or directory")
                }
                return Array(content.utf8)
            },
            workingDirectory: { "/work/dir" }, detachKeys: "")
    }

    static func options(_ words: [String], _ path: String = "run") throws -> RunOptions {
        let command = try #require(CommandTable.entry(path)?.command)
        let arguments = try OptionParser.parse(
            (words + ["busybox"])[...], for: command, name: path)
        return try RunOptions(arguments, client: client)
    }

    /// A member of the configuration or of the host configuration, as JSON.
    @Test(
        arguments: [
            (["-e", "A=1", "-e", "B=2", "-e", "A=3"], "Env", #"["A=3","B=2"]"#),
            (["-e", "HOME", "-e", "NOPE", "-e", "E="], "Env", #"["HOME=/root","NOPE","E="]"#),
            (
                ["--env-file", "env", "-e", "X=9"], "Env",
                #"["X=9","Y=2 ","HOME=/root","Q=\"q\""]"#
            ),
            (
                ["--label-file", "labels", "-l", "b", "-l", "c=d=e"], "Labels",
                #"{"b":"","c":"d=e","l1":"a"}"#
            ),
            (["-v", "/a:/b", "-v", "/a:/b"], "Binds", #"["/a:/b"]"#),
            (["-v", "/anon"], "Volumes", #"{"/anon":{}}"#),
            (
                ["-v", "/a:/b:ro", "-v", "./x:/y", "-v", "../x:/z", "-v", "vol:/c"], "Binds",
                #"["/a:/b:ro","/work/dir/x:/y","/work/x:/z","vol:/c"]"#
            ),
            (
                ["--tmpfs", "/t:rw,size=1m", "--tmpfs", "/u"], "Tmpfs",
                #"{"/t":"rw,size=1m","/u":""}"#
            ),
            (["-p", "80"], "PortBindings", #"{"80/tcp":[{"HostIp":"","HostPort":""}]}"#),
            (
                ["-p", "127.0.0.1:8080:80/UDP", "-p", "9:80/udp"], "PortBindings",
                #"{"80/udp":[{"HostIp":"127.0.0.1","HostPort":"8080"},{"HostIp":"","HostPort":"9"}]}"#
            ),
            (
                ["-p", "8000-8001:80"], "PortBindings",
                #"{"80/tcp":[{"HostIp":"","HostPort":"8000-8001"}]}"#
            ),
            (
                ["-p", "[::1]:9-10:9-10"], "PortBindings",
                #"{"9/tcp":[{"HostIp":"::1","HostPort":"9"}],"10/tcp":[{"HostIp":"::1","HostPort":"10"}]}"#
            ),
            (
                ["-p", "published=80,target=81,protocol=udp"], "PortBindings",
                #"{"81/udp":[{"HostIp":"","HostPort":"80"}]}"#
            ),
            (
                ["--expose", "7-8", "--expose", "9/udp", "-p", "80"], "ExposedPorts",
                #"{"7/tcp":{},"8/tcp":{},"80/tcp":{},"9/udp":{}}"#
            ),
            (
                ["--ulimit", "nofile=10:20", "--ulimit", "core=-1", "--ulimit", "nofile=5:-1"],
                "Ulimits",
                #"[{"Name":"core","Hard":-1,"Soft":-1},{"Name":"nofile","Hard":-1,"Soft":5}]"#
            ),
            (
                ["--device", "/dev/null:rw", "--device", "/dev/zero:/x:r"], "Devices",
                #"[{"PathOnHost":"/dev/null","PathInContainer":"/dev/null","CgroupPermissions":"rw"},"#
                    + #"{"PathOnHost":"/dev/zero","PathInContainer":"/x","CgroupPermissions":"r"}]"#
            ),
            (
                ["--device-read-bps", "/dev/sda:1mb"], "BlkioDeviceReadBps",
                #"[{"Path":"/dev/sda","Rate":1048576}]"#
            ),
            (
                ["--blkio-weight-device", "/dev/a:100"], "BlkioWeightDevice",
                #"[{"Path":"/dev/a","Weight":100}]"#
            ),
            (
                ["--cap-add", "net_admin", "--cap-add", "ALL", "--cap-add", "CAP_A"], "CapAdd",
                #"["ALL","CAP_A","CAP_NET_ADMIN"]"#
            ),
            (
                ["--restart", "on-failure:3"], "RestartPolicy",
                #"{"Name":"on-failure","MaximumRetryCount":3}"#
            ),
            (
                ["--health-cmd", "a b", "--health-timeout", "1s", "--health-retries", "3"],
                "Healthcheck", #"{"Test":["CMD-SHELL","a b"],"Timeout":1000000000,"Retries":3}"#
            ),
            (["--no-healthcheck"], "Healthcheck", #"{"Test":["NONE"]}"#),
            (["--entrypoint", ""], "Entrypoint", #"[""]"#),
            (["--entrypoint", "a b"], "Entrypoint", #"["a b"]"#),
            (
                ["--log-opt", "max-size=1m", "--log-opt", "a"], "LogConfig",
                #"{"Type":"","Config":{"a":"","max-size":"1m"}}"#
            ),
            (["--security-opt", "seccomp=profile"], "SecurityOpt", #"["seccomp={\"a\":[1,2]}"]"#),
            (["--security-opt", "systempaths=unconfined"], "MaskedPaths", "[]"),
            (
                ["--add-host", "a=1.2.3.4", "--add-host", "b:[::1]"], "ExtraHosts",
                #"["a:1.2.3.4","b:::1"]"#
            ),
            (["--sysctl", "net.x=1,2"], "Sysctls", #"{"net.x":"1,2"}"#),
            (["--init=false"], "Init", "false"), (["--stop-timeout", "-1"], "StopTimeout", "-1"),
            (["--memory-swap", "-1"], "MemorySwap", "-1"),
            (["--memory-swappiness", "0"], "MemorySwappiness", "0"),
            (["--pids-limit", "-1"], "PidsLimit", "-1"),
            (["--net", "none"], "NetworkMode", #""none""#),
        ] as [([String], String, String)])
    func becomes(_ words: [String], _ member: String, _ text: String) throws {
        let request = try Self.options(words).request
        let value =
            try request.configuration.json()[member] ?? request.hostConfiguration.json()[member]
        #expect(value?.text() == text)
    }

    @Test(arguments: [
        ("type=bind,src=/a,dst=/b", #"{"Type":"bind","Source":"/a","Target":"/b"}"#),
        ("TYPE=BIND,SRC=./a,DST=/b", #"{"Type":"bind","Source":"/work/dir/a","Target":"/b"}"#),
        ("dst=/x", #"{"Type":"volume","Target":"/x"}"#),
        (
            "type=bind,\"src=/a,b\",dst=/b,ro,bind-propagation=rslave,bind-recursive=disabled",
            #"{"Type":"bind","Source":"/a,b","Target":"/b","ReadOnly":true,"#
                + #""BindOptions":{"Propagation":"rslave","NonRecursive":true}}"#
        ),
        (
            "type=tmpfs,dst=/t,tmpfs-mode=0755,tmpfs-size=64k",
            #"{"Type":"tmpfs","Target":"/t","TmpfsOptions":{"SizeBytes":65536,"Mode":493}}"#
        ),
        (
            "type=volume,src=v,dst=/b,volume-nocopy,volume-label=k,volume-opt=o=x",
            #"{"Type":"volume","Source":"v","Target":"/b","VolumeOptions":{"NoCopy":true,"#
                + #""Labels":{"k":""},"DriverConfig":{"Options":{"o":"x"}}}}"#
        ),
        (
            "type=image,src=busybox,dst=/b,image-subpath=q",
            #"{"Type":"image","Source":"busybox","Target":"/b","ImageOptions":{"Subpath":"q"}}"#
        ),
    ])
    func mounts(_ text: String, _ json: String) throws {
        let mounts = try Self.options(["--mount", text]).request.hostConfiguration.mounts
        #expect(try mounts.map { try $0.json().text() } == [json])
    }

    // The reason alone: behind "invalid argument … flag: " or "swocker: ".
    @Test(
        arguments: [
            (["-e", "=x"], "invalid environment variable: =x"),
            (
                ["--env-file", "blank"],
                "invalid env file (blank): variable 'A B' contains whitespaces"
            ),
            (
                ["--env-file", "nameless"],
                "invalid env file (nameless): no variable name on line '=1'"
            ),
            (["--env-file", "nosuch"], "open nosuch: no such file or directory"),
            (["-l", "=x"], "invalid label '=x': empty name"),
            (["-v", ""], "invalid empty volume spec"),
            (["-v", "/a:"], "invalid spec: /a:: empty section between colons"),
            (["-v", "/a:/b:ro:rw"], "invalid spec: /a:/b:ro:rw: too many colons"),
            (["--mount", ""], "EOF"), (["--mount", "type=bind"], "target is required"),
            (["--mount", "type="], "type is required"),
            (["--mount", "dst=/b,foo=bar"], "unexpected key 'foo' in 'foo=bar'"),
            (["--mount", "dst=/b, src=/a"], "unexpected key ' src' in ' src=/a'"),
            (["--mount", "dst=/b,foo"], "invalid field 'foo' must be a key=value pair"),
            (["--mount", "dst=/b,ro=maybe"], "invalid value for ro: maybe"),
            (
                ["--mount", "dst=/b,bind-propagation=rslave"],
                "cannot mix 'bind-*' options with mount type 'volume'"
            ),
            (
                ["--mount", "type=bind,src=/a,dst=/b,bind-recursive=readonly"],
                "option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction"
            ),
            (["-p", "::"], "no port specified: ::<empty>"),
            (["-p", ""], "no port specified: <empty>"),
            (
                ["-p", "80-81:80-82"],
                "invalid ranges specified for container and host Ports: 80-82 and 80-81"
            ),
            (["-p", "80:80/foo"], "invalid proto: foo"),
            (["-p", "abc:80"], "invalid hostPort: abc"),
            (["-p", "70000"], "invalid containerPort: 70000"),
            (["-p", "1.2.3:80:80"], "invalid IP address: 1.2.3"),
            (["--expose", "7:8"], "invalid port format for --expose: 7:8"),
            (
                ["--expose", "9-7"],
                "invalid range format for --expose: 9-7, error: invalid range specified for port: 9-7"
            ),
            (["--ulimit", "foo=1"], "invalid ulimit type: foo"),
            (
                ["--ulimit", "nofile=20:10"],
                "ulimit soft limit must be less than or equal to hard limit: 20 > 10"
            ),
            (["--device", "/dev/null:/x:q"], "bad mode specified: q"),
            (["--device", "rel"], "rel is not an absolute path"),
            (["--device-cgroup-rule", "c 1 r"], "invalid device cgroup format 'c 1 r'"),
            (["--blkio-weight-device", "/dev/a:5"], "invalid weight for device: /dev/a:5"),
            (
                ["--memory-swappiness", "101"],
                "invalid value: 101. Valid memory swappiness range is 0-100"
            ),
            (
                ["--restart", ":3"],
                "invalid restart policy format: no policy provided before colon"
            ),
            (
                ["--restart", "on-failure:x"],
                "invalid restart policy format: maximum retry count must be an integer"
            ),
            (
                ["--restart", "always:3"],
                "invalid restart policy: maximum retry count can only be used with 'on-failure'"
            ),
            (
                ["--rm", "--restart", "always"],
                "conflicting options: cannot specify both --restart and --rm"
            ),
            (
                ["--no-healthcheck", "--health-cmd", "x"],
                "--no-healthcheck conflicts with --health-* options"
            ),
            (["--health-retries", "-1"], "--health-retries cannot be negative"),
            (["--log-driver", "none", "--log-opt", "a=b"], "invalid logging opts for driver none"),
            (["--security-opt", "foo"], "Invalid --security-opt: \"foo\""),
            (
                ["--security-opt", "seccomp=nosuch"],
                "opening seccomp profile (nosuch) failed: open nosuch: no such file or directory"
            ),
            (["--sysctl", "kernel.foo=1"], "sysctl 'kernel.foo=1' is not allowed"),
            (["--add-host", "a"], "bad format for add-host: \"a\""),
            (["--add-host", "a:x"], "invalid IP address in add-host: \"x\""),
            (["--dns", "1.1.1"], "IP address is not correctly formatted: 1.1.1"),
            (["--dns-search", "a_b"], "a_b is not a valid domain"),
            (["--network", "alias=x"], "network name/id is not specified"),
            (["--network", ""], "no name set for network"),
            (["--network", "name=n,foo=1"], "invalid field key foo"),
            (["--network", "n", "--network", "n"], "network \"n\" is specified multiple times"),
            (
                ["--network", "host", "--network", "n"],
                "conflicting options: cannot attach both user-defined and non-user-defined network-modes"
            ),
            (
                ["--network-alias", "x"],
                "network-scoped aliases are only supported for user-defined networks"
            ),
            (
                ["--network", "name=n,ip=1.2.3.4", "--ip", "1.2.3.5"],
                "conflicting options: cannot specify both --ip and per-network IPv4 address"
            ),
            (["--mac-address", "x"], "x is not a valid mac address"),
            (["--pid", "container:"], "--pid: invalid PID mode"),
            (["--uts", "private"], "--uts: invalid UTS mode"),
            (["--userns", "foo"], "--userns: invalid USER mode"),
            (["--cgroupns", "foo"], "--cgroupns: invalid CGROUP mode"),
            (["-a", "foo"], "valid streams are STDIN, STDOUT and STDERR"),
            (["--storage-opt", "a"], "invalid storage option"),
            (["--gpus", "all"], "--gpus is not supported yet"),
            (["--link", "a:b:c"], "bad format for links: a:b:c"),
            (
                ["--pull", "foo"],
                "invalid pull option: 'foo': must be one of \"always\", \"missing\" or \"never\""
            ),
        ] as [([String], String)])
    func refuses(_ words: [String], _ reason: String) {
        let error = #expect(throws: UsageError.self) { try Self.options(words) }
        let message = error?.message ?? ""
        #expect(message == reason || message.hasSuffix(" flag: \(reason)"))
        #expect(error?.exitCode == 125)
    }

    @Test func conflictsPointToTheHelp() {
        let error = #expect(throws: UsageError.self) { try Self.options(["-p", "x"], "create") }
        #expect(
            error?.text == "swocker: invalid containerPort: x\n\n"
                + "Run 'swocker create --help' for more information\n")
    }

    @Test(
        arguments: [
            ([], [false, true, true, false]), (["-i"], [true, true, true, true]),
            (["-a", "STDERR"], [false, false, true, false]),
            (["-a", "stdin", "-it"], [true, false, false, true]),
            (["-di"], [false, false, false, false]),
        ] as [([String], [Bool])])
    func streams(_ words: [String], _ expected: [Bool]) throws {
        let it = try Self.options(words).request.configuration
        #expect([it.attachStdin, it.attachStdout, it.attachStderr, it.stdinOnce] == expected)
    }

    @Test func clientSide() throws {
        let plain = try Self.options([])
        #expect(!plain.detach && plain.sigProxy && plain.explain == nil)
        #expect(plain.detachKeys == .standard)
        #expect(plain.request.configuration.image == "busybox")
        #expect(plain.request.networks.isEmpty && plain.request.pull == .missing)
        let told = try Self.options(
            ["-d", "--sig-proxy=false", "--explain=json", "--detach-keys", "a", "--pull", "never"])
        #expect(told.detach && !told.sigProxy && told.explain == .json)
        #expect(told.detachKeys.sequence == [0x61] && told.request.pull == .never)
        let error = #expect(throws: UsageError.self) { try Self.options(["-d", "-a", "stdin"]) }
        #expect(error?.exitCode == 1)
        #expect(
            error?.text == "conflicting options: cannot specify both --attach and --detach\n")
    }

    @Test func networks() throws {
        let request = try Self.options(
            [
                "--network", "a", "--network-alias", "x", "--ip", "1.2.3.4", "--network",
                "name=b,alias=y",
            ]
        ).request
        #expect(request.hostConfiguration.networkMode == "a")
        #expect(request.networks.map(\.network) == ["a", "b"])
        #expect(request.networks.map(\.aliases) == [["x"], ["y"]])
        #expect(request.networks.first?.ipv4Address == "1.2.3.4")
        #expect(try Self.options(["--network", "host"]).request.networks.isEmpty)
    }
}
