// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import OCI
import Testing

extension TheProgram.TheRuntime {
    /// The options that engines use besides the plain way from create to delete.
    @Suite struct RuntimeOptionTests {
        let runtime = Runtime()

        /// What arrives at a socket: the message's text, and the descriptor.
        private struct Received: ~Copyable {
            let message: String
            let file: OwnedFD
        }

        private func receive(_ listener: CInt) throws -> Received {
            var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            try #require(poll(&entry, 1, 10_000) == 1)
            let peer = OwnedFD(adopting: accept(listener, nil, nil))
            let socket = peer.raw
            var message = [UInt8](repeating: 0, count: 100)
            let seen = recv(socket, &message, message.count, Int32(MSG_PEEK))
            let text = String(decoding: message.prefix(max(seen, 0)), as: UTF8.self)
            guard let file = try DescriptorPassing.receive(from: socket) else {
                throw Errno.badDescriptor
            }
            return Received(message: text, file: file)
        }

        private func begin(_ id: String, _ words: String...) throws {
            let bundle = try runtime.bundle(words[0]) { $0.process?.args = words }
            #expect(runtime.create(id, bundle).code == 0)
            #expect(runtime("start", id) == Outcome(0))
        }

        @Test func pidfdSockets() throws {
            let listener = try UnixSocket.listen("p", in: runtime.directory)
            let path = "\(runtime.directory)/p"
            let bundle = try runtime.bundle("sleep", "1000")
            #expect(runtime.create("p", bundle, "--pidfd-socket", path).code == 0)
            let first = try receive(listener.raw)
            let firstName = first.message
            #expect(firstName == "standard")
            #expect(runtime("start", "p") == Outcome(0))
            #expect(runtime("exec", "--pidfd-socket", path, "p", "true").code == 0)
            let second = try receive(listener.raw)
            let secondName = second.message
            #expect(secondName == "setns")
            let ended = try (
                first.file.isReadable(within: 0), second.file.isReadable(within: 0)
            )
            #expect(ended == (false, true))
            try first.file.send(signal: SIGKILL)
            #expect(eventually { runtime.status("p") == "stopped" })
            let none = runtime("run", "-b", bundle, "--pidfd-socket", "/no/such", "q")
            #expect(none.code == 1 && none.err.contains("/no/such"))
        }

        @Test func consoleSockets() throws {
            let listener = try UnixSocket.listen("c", in: runtime.directory)
            let path = "\(runtime.directory)/c"
            let bundle = try runtime.bundle("sh", "-c", "echo screen; sleep 1000") {
                $0.process?.terminal = true
            }
            #expect(runtime.create("c", bundle, "--console-socket", path).code == 0)
            let console = try receive(listener.raw)
            let name = console.message
            #expect(name == "/dev/ptmx")
            #expect(runtime("start", "c") == Outcome(0))
            let shows = try console.file.isReadable(within: 10_000)
            #expect(shows)
            #expect(
                runtime("exec", "-t", "-d", "--console-socket", path, "c", "sh", "-c", "sleep 5")
                    .code == 0)
            let further = try receive(listener.raw).message
            #expect(further == "/dev/ptmx")
            let none = runtime.create("d", bundle)
            #expect(none.code == 1 && none.err.contains("--console-socket"))
        }

        @Test func limitsOfALivingContainer() throws {
            try begin("u", "sleep", "1000")
            let state = try JSONValue(parsing: runtime("state", "u").out)
            let pid = try #require(state["pid"]?.integerValue)
            #expect(runtime("update", "--pids-limit", "77", "--memory", "64m", "u") == Outcome(0))
            let stats = try JSONValue(parsing: runtime("events", "--stats", "u").out)
            #expect(stats["type"]?.stringValue == "stats" && stats["id"]?.stringValue == "u")
            #expect(stats["data"]?["pids"]?["limit"]?.integerValue == 77)
            #expect(stats["data"]?["memory"]?["usage"]?["limit"]?.integerValue == 64 << 20)
            let document = runtime(
                "update", "-r", "-", "u", input: .text(#"{"pids":{"limit":78}}"#))
            #expect(document == Outcome(0))
            let bad = runtime("update", "--memory", "nonsense", "u")
            #expect(bad.code == 1 && bad.err.contains("-memory"))
            #expect(runtime("ps", "-f", "json", "u").out == "[\(pid)]")
            #expect(runtime("ps", "u").out.contains("sleep 1000"))
        }

        /// That memory ran out is told at once, between two figures.
        @Test func eventsOfMemory() throws {
            try begin("o", "sleep", "1000")
            #expect(runtime("update", "--memory", "8m", "o") == Outcome(0))
            let events = ChildProcess(
                [Runtime.program, "--root", runtime.root, "events", "--interval", "1h", "o"],
                Surroundings())
            #expect(events.collect(seconds: 10) { $0.out.contains("stats") })
            let greedy = runtime("exec", "o", "sh", "-c", "x=aaaa; while :; do x=$x$x; done")
            #expect(greedy.code == 137)
            let line = #"{"type":"oom","id":"o"}"#
            #expect(events.collect(seconds: 10) { $0.out.contains(line) })
            #expect(runtime("kill", "o", "KILL") == Outcome(0))
            #expect(events.wait().code == 0)
        }

        @Test func execWithMore() throws {
            try begin("x", "sleep", "1000")
            let status = ["sh", "-c", "while read a b; do echo $a $b; done < /proc/self/status"]
            let usual = runtime("exec", "x", status[0], status[1], status[2]).out
            let more = runtime(
                "exec", "--cap", "CAP_SYS_ADMIN", "x", status[0], status[1], status[2]
            ).out
            #expect(usual.contains("CapEff: 0000000020000420"), "\(usual)")
            #expect(more.contains("CapEff: 0000000020200420"), "\(more)")
            let unknown = runtime("exec", "--cap", "CAP_NONSENSE", "x", "true")
            #expect(unknown.code == 255 && unknown.err.contains("CAP_NONSENSE"))
            for group in runtime.groups { mkdir("\(group)/below", 0o755) }
            let below = runtime("exec", "--cgroup", "below", "x", "cat", "/proc/self/cgroup")
            #expect(below.out.contains("/below\n"), "\(below)")
            let nowhere = runtime("exec", "--cgroup", "nowhere", "x", "true")
            #expect(nowhere.code == 255 && nowhere.err.contains("does not exist"))
            let file = "\(runtime.directory)/pid"
            let silent = "exec sleep 1000 > /dev/null 2>&1"
            let detached = runtime("exec", "-d", "--pid-file", file, "x", "sh", "-c", silent)
            #expect(detached.code == 0)
            let pid = text(file)
            #expect(runtime("ps", "-f", "json", "x").out.contains(pid) && !pid.isEmpty)
        }

        @Test(arguments: ["--no-pivot", "--no-new-keyring"])
        func otherWays(_ option: String) throws {
            let bundle = try runtime.bundle("sh", "-c", "echo *")
            let outcome = runtime("run", option, "-b", bundle, "w")
            #expect(outcome == Outcome(0, out: "bin dev etc proc sys tmp\n"))
        }

        @Test func socketActivation() throws {
            let bundle = try runtime.bundle("sh", "-c", "echo $LISTEN_FDS $LISTEN_PID; cat <&3")
            let script = """
                exec 3< /proc/sys/kernel/ostype
                LISTEN_FDS=1 exec \(Runtime.program) --root \(runtime.root) run -b \(bundle) l
                """
            let outcome = ChildProcess(
                ["/bin/sh", "-c", script], Surroundings(environment: ["PATH=/usr/bin:/bin"])
            ).wait()
            #expect(outcome == Outcome(0, out: "1 1\nLinux\n"))
        }
    }
}
