// SPDX-License-Identifier: Apache-2.0

import Glibc
import OCI
import Testing

extension TheProgram.TheRuntime {
    /// Bad input: one clear line, also in the log, exit code 1, and nothing left behind.
    @Suite struct RuntimeRefusalTests {
        let runtime = Runtime()

        private func expectRefusal(
            _ bundle: String, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let log = "\(runtime.directory)/log"
            unlink(log)
            let refused = runtime(
                "run", "-b", bundle, "r", global: ["--log", log, "--log-format", "json"])
            #expect(refused.code == 1, "\(refused)", sourceLocation: sourceLocation)
            #expect(
                refused.err.contains(reason) && refused.err.filter { $0 == "\n" }.count == 1,
                "\(refused)", sourceLocation: sourceLocation)
            let entry = try JSONValue(parsing: text(log))
            #expect(entry["level"]?.stringValue == "error", sourceLocation: sourceLocation)
            #expect(
                entry["msg"]?.stringValue?.contains(reason) == true,
                sourceLocation: sourceLocation)
            #expect(entry["time"]?.stringValue?.hasSuffix("Z") == true)
            #expect(runtime("list", "-q").out == "", sourceLocation: sourceLocation)
            #expect(runtime.groups == [], sourceLocation: sourceLocation)
        }

        @Test func malformedDocuments() throws {
            let bundle = try runtime.bundle("true")
            let path = "\(bundle)/config.json"
            for (document, reason) in [
                ("{", "invalid JSON"), ("[]", "config.json"), ("{}", "ociVersion is missing"),
                (#"{"ociVersion":"2.0.0"}"#, "only 1.x"), (#"{"ociVersion":7}"#, "ociVersion"),
                (#"{"ociVersion":"1.0.0"}"#, "root.path"),
                (#"{"ociVersion":"1.0.0","root":{"path":"rootfs"}}"#, "process"),
            ] {
                make(path, document)
                try expectRefusal(bundle, reason)
            }
            unlink(path)
            try expectRefusal(bundle, "config.json: no such file or directory")
        }

        @Test func impossibleContainers() throws {
            try expectRefusal(
                runtime.bundle("true") { $0.root?.path = "nowhere" }, "rootfs")
            try expectRefusal(
                runtime.bundle("nothing"),
                "exec: \"nothing\": executable file not found in $PATH")
            try expectRefusal(
                runtime.bundle("/tmp"), "exec: \"/tmp\"")
            try expectRefusal(
                runtime.bundle("true") { $0.process?.cwd = "tmp" }, "absolute path")
            try expectRefusal(
                runtime.bundle("true") {
                    $0.mounts.append(Spec.Mount("/tmp", type: "nosuchfs", source: "x"))
                }, "mount nosuchfs on /tmp")
            try expectRefusal(
                runtime.bundle("true") {
                    $0.mounts.append(
                        Spec.Mount("/tmp", type: "bind", source: "/no/such", options: ["bind"]))
                }, "/no/such")
            try expectRefusal(
                runtime.bundle("true") { spec in
                    spec.linux?.namespaces.removeAll { $0.type == .network }
                    spec.linux?.namespaces.append(
                        LinuxSpec.Namespace(.network, path: "/proc/self/ns/uts"))
                }, "/proc/self/ns/uts")
            let isUnified = isThere("/sys/fs/cgroup/cgroup.controllers")
            try expectRefusal(
                runtime.bundle("true") {
                    $0.linux?.resources?.unified = ["nosuch.max": "1"]
                }, isUnified ? "nosuch" : "unified resources need control groups of version 2")
        }

        /// A limit without its controller.
        @Test(.enabled(if: !isThere("/sys/fs/cgroup/net_cls"), "has the network's classes"))
        func aControllerThatIsMissing() throws {
            let isUnified = isThere("/sys/fs/cgroup/cgroup.controllers")
            try expectRefusal(
                runtime.bundle("true") {
                    $0.linux?.resources?.network = .init()
                    $0.linux?.resources?.network?.classID = 1
                }, isUnified ? "network classes" : "net_cls")
        }

        /// A driver with nobody at the other end.
        @Test func systemdThatIsNotThere() throws {
            let bundle = try runtime.bundle("true") { $0.linux?.cgroupsPath = "a.slice:b:c" }
            let enclosure = Enclosure(sourceLocation: #_sourceLocation)
            let refused = enclosure.start([
                Runtime.program, "--root", runtime.root, "--systemd-cgroup", "run", "-b", bundle,
                "s",
            ]).wait()
            #expect(refused.code == 1 && refused.err.contains("systemd"), "\(refused)")
            #expect(refused.err.filter { $0 == "\n" }.count == 1, "\(refused)")
            #expect(runtime("list", "-q").out == "")
        }

        /// Shares of caches, where the kernel shares none; no other limit is changed either.
        @Test(.enabled(if: !isThere("/sys/fs/resctrl/schemata"), "has resctrl"))
        func sharesWithoutResctrl() throws {
            try expectRefusal(
                runtime.bundle("true") {
                    $0.linux?.intelRdt = .init()
                    $0.linux?.intelRdt?.l3CacheSchema = "L3:0=f"
                }, "intelRdt needs resctrl")
            #expect(runtime.create("u", try runtime.bundle("sleep", "1000")).code == 0)
            let refused = runtime(
                "update", "--pids-limit", "77", "--mem-bw-schema", "MB:0=20", "u")
            #expect(refused.code == 1 && refused.err.contains("intelRdt needs resctrl"))
            let stats = try JSONValue(parsing: runtime("events", "--stats", "u").out)
            #expect(stats["data"]?["pids"]?["limit"]?.integerValue != 77)
        }

        /// The program is found and cannot be executed: `start` says so.
        @Test func whatIsNoProgram() throws {
            let bundle = try runtime.bundle("/bin/garbage")
            make("\(bundle)/rootfs/bin/garbage", "\u{1}\u{2}", mode: 0o755)
            #expect(runtime.create("g", bundle).code == 0)
            let started = runtime("start", "g")
            #expect(started.code == 1 && started.err.contains("exec format error"))
            #expect(eventually { runtime.status("g") == "stopped" })
            #expect(runtime("delete", "g") == Outcome(0))
            try expectRefusal(bundle, "exec /bin/garbage: exec format error")
        }

        @Test func usage() throws {
            for (arguments, reason) in [
                (["nonsense"], "nonsense"), (["create", "--nonsense", "x"], "nonsense"),
                (["create"], "requires"), (["state", "a", "b"], "at most"),
                (["kill", "x", "NOSUCHSIGNAL"], "NOSUCHSIGNAL"), (["state", "../x"], "invalid"),
                (["state", ""], "invalid"), (["list", "-f", "xml"], "xml"),
                (["checkpoint", "x"], "not supported"),
            ] {
                let outcome = ChildProcess(
                    [Runtime.program, "--root", runtime.root] + arguments, Surroundings()
                ).wait()
                #expect(outcome.code == 1 && outcome.err.contains(reason), "\(outcome)")
                #expect(outcome.err.filter { $0 == "\n" }.count == 1)
            }
        }

        /// Engines read the log in either form.
        @Test func theLogAsText() throws {
            let log = "\(runtime.directory)/text-log"
            let bundle = try runtime.bundle("no\"thing")
            let refused = runtime("run", "-b", bundle, "r", global: ["--log", log])
            #expect(refused.code == 1)
            let lines = text(log).split(separator: "\n")
            #expect(lines.count == 1)
            #expect(lines.first?.hasPrefix("time=\"2") == true)
            #expect(lines.first?.contains("level=error msg=\"exec: \\\"no") == true, "\(lines)")
        }

        @Test func twoOfOneName() throws {
            let bundle = try runtime.bundle("sleep", "1000")
            #expect(runtime.create("same", bundle).code == 0)
            let second = runtime.create("same", bundle)
            #expect(second.code == 1 && second.err.contains("exists"))
            #expect(runtime.status("same") == "created")
        }
    }
}
