// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

extension TheProgram {
    /// Several containers behind one port, and what the host's rules do to all of them.
    @Suite struct TrafficTests {
        let swocker = Swocker()

        /// A web server that says its own name.
        private func serve(_ name: String, _ options: String...) {
            let started = swocker(
                ["run", "-d", "--name", name] + options + [
                    "busybox", "sh", "-c",
                    "echo \(name) > /tmp/index.html; exec httpd -f -p 80 -h /tmp",
                ])
            #expect(started.code == 0, "\(started)")
        }

        private func get(_ address: String, _ port: Int) -> String {
            swocker.host("curl", "-s", "-m", "3", "http://\(address):\(port)/").line
        }

        /// Who answered how often.
        private func answers(_ count: Int, _ address: String, _ port: Int) -> [String: Int] {
            (0..<count).reduce(into: [:]) { counts, _ in
                counts[get(address, port), default: 0] += 1
            }
        }

        /// A target whose end nobody has to tell: it is left out, and comes back with its new address.
        @Test func weightsAreSwitchedAtOnce() throws {
            try #require(isInstalled("curl"))
            serve("blue", "-p", "18601:80")
            serve("green")
            serve("idle")
            #expect(eventually(seconds: 5) { get("127.0.0.1", 18601) == "blue" })
            #expect(swocker("traffic", "18601", "blue=50", "green=50", "idle=0").code == 0)
            for address in ["127.0.0.1", "[::1]"] {
                var seen: Set<String> = []
                #expect(
                    eventually(seconds: 20) {
                        seen.insert(get(address, 18601))
                        return seen.isSuperset(of: ["blue", "green"])
                    }, "\(seen)")
                #expect(!seen.contains("idle"))
            }
            #expect(swocker("traffic", "18601", "green=1").code == 0)
            #expect(answers(10, "127.0.0.1", 18601) == ["green": 10])
            #expect(eventually(seconds: 5) { answers(5, "[::1]", 18601) == ["green": 5] })
            #expect(swocker("traffic", "18601", "green=10", "blue=10").code == 0)
            #expect(swocker("stop", "-t", "1", "green").code == 0)
            #expect(answers(10, "127.0.0.1", 18601) == ["blue": 10])
            #expect(eventually(seconds: 5) { answers(5, "[::1]", 18601) == ["blue": 5] })
            #expect(swocker("traffic", "18601").out.contains("not running"))
            #expect(swocker("start", "green").code == 0)
            #expect(
                eventually(seconds: 20) { get("127.0.0.1", 18601) == "green" })
            // Everybody else is refused the port, also when nobody of them has published it.
            #expect(swocker("rm", "-f", "blue").code == 0)
            #expect(answers(5, "127.0.0.1", 18601) == ["green": 5])
            let refused = swocker("run", "--rm", "-p", "18601:80", "busybox", "true")
            #expect(refused.code == 125 && refused.err.contains("port is already allocated"))
            #expect(swocker("traffic", "--rm", "18601").code == 0)
            #expect(get("127.0.0.1", 18601) == "")
            #expect(swocker("run", "--rm", "-p", "18601:80", "busybox", "true").code == 0)
        }

        /// A switch moves new connections and no others.
        @Test func connectionsThatStandGoOn() throws {
            let server = try EchoServer(swocker)
            server.run("blue", "-p", "18602:7")
            server.run("green")
            #expect(swocker("traffic", "18602", "blue=1").code == 0)
            #expect(eventually(seconds: 5) { EchoServer.ask("127.0.0.1", 18602) != nil })
            let standing = try EchoServer.connect(.tcp, "127.0.0.1", 18602)
            #expect(EchoServer.line(of: standing.raw) != nil)
            for share in ["green=1", "green=7", "blue=0", "green=1"] {
                let others = share == "blue=0" ? ["green=1"] : []
                #expect(swocker(["traffic", "18602", share] + others).code == 0)
                #expect(send(standing.raw, "still\n", 6, 0) == 6)
                #expect(EchoServer.line(of: standing.raw) == "still", "\(share)")
            }
        }

        /// What somebody flushes is made again, by restore and by the next start.
        @Test func flushedRulesAreMadeAgain() throws {
            try #require(isInstalled("nft") && isInstalled("curl"))
            serve("blue", "-p", "18603:80")
            serve("green")
            #expect(swocker("traffic", "18603", "blue=0", "green=1").code == 0)
            #expect(eventually(seconds: 5) { get("127.0.0.1", 18603) == "green" })
            let check = swocker("network", "check")
            #expect(check.code == 0, "\(check)")
            let table = try #require(
                check.lines.first { $0.contains("our rules are in table ") }?
                    .split(separator: " ").last.map(String.init))
            func flush() {
                for family in ["inet", "bridge"] {
                    #expect(swocker.host("nft", "delete", "table", family, table).code == 0)
                }
            }
            flush()
            let fault = swocker("network", "check")
            #expect(fault.code == 1 && fault.out.contains("our rules are gone"), "\(fault)")
            let why = swocker("net", "why", "blue", "green:80")
            #expect(why.code == 1 && why.out.contains("our firewall rules are gone"), "\(why)")
            #expect(swocker("system", "restore").code == 0)
            #expect(eventually(seconds: 5) { get("127.0.0.1", 18603) == "green" })
            flush()
            #expect(swocker("run", "--rm", "busybox", "true").code == 0)
            #expect(eventually(seconds: 5) { get("127.0.0.1", 18603) == "green" })
        }

        /// A chain like another engine's that drops what is forwarded to our bridge.
        @Test func aFirewallThatDropsIsNamed() throws {
            try #require(isInstalled("nft") && isInstalled("ip") && isInstalled("curl"))
            let outside = OutsideHost(swocker)
            serve("web", "-p", "18604:80")
            let id = swocker("network", "inspect", "-f", "{{.Id}}", "bridge").line
            let bridge = "sw-" + id.prefix(12)
            let table = "other\(Int.random(in: 1...9_999_999))"
            func nft(_ line: String) {
                let answer = ChildProcess(["nft", line], swocker.surroundings()).wait()
                #expect(answer.code == 0, "\(line): \(answer)")
            }
            func ask() -> String {
                outside("curl", "-s", "-m", "1", "http://\(outside.own.four):18604/").line
            }
            #expect(eventually(seconds: 5) { ask() == "web" })
            nft("add table ip \(table)")
            defer { nft("delete table ip \(table)") }
            nft("add chain ip \(table) FORWARD { type filter hook forward priority 5; }")
            nft("add rule ip \(table) FORWARD oifname \"\(bridge)\" ct state new counter drop")
            #expect(ask() == "")
            let check = swocker("network", "check")
            #expect(check.code == 1, "\(check)")
            #expect(
                check.out.contains("are dropped by table ip \(table), chain FORWARD: its rule with")
            )
            // The advice is good.
            let line = try #require(check.lines.first { $0.hasPrefix("fault") })
            let advice = line.split(separator: ": nft ").last.map(String.init) ?? ""
            nft(advice)
            #expect(eventually(seconds: 5) { ask() == "web" })
            #expect(swocker("network", "check").code == 0)
        }

        /// One line says what fails first.
        @Test func theWayIsWalked() throws {
            let server = try EchoServer(swocker)
            #expect(swocker("network", "create", "back").code == 0)
            server.run("web")
            server.run("db", "--network", "back")
            func why(_ target: String) -> (Int32, String) {
                let answer = swocker("net", "why", "web", target)
                return (answer.code, answer.out)
            }
            var (code, text) = why("db:7")
            #expect(code == 1 && text.contains("no network in common"), "\(text)")
            #expect(swocker("network", "connect", "back", "web").code == 0)
            #expect(eventually(seconds: 5) { why("db:7").0 == 0 }, "\(why("db:7"))")
            #expect(why("db:7/udp").0 == 0)
            (code, text) = why("db:8")
            #expect(
                code == 1 && text.contains("nothing listens on port 8/tcp in db, but on 7"),
                "\(text)")
            #expect(
                swocker(
                    "exec", "-d", "db", "httpd", "-f", "-p", "127.0.0.1:9", "-h", "/tmp"
                ).code == 0)
            let isNamed = eventually(seconds: 5) {
                why("db:9").1.contains("listens on 127.0.0.1:9, which only db itself reaches")
            }
            #expect(isNamed, "\(why("db:9"))")
            #expect(swocker("stop", "-t", "1", "db").code == 0)
            (code, text) = why("db:7")
            #expect(code == 1 && text.contains("container db does not run"), "\(text)")
            #expect(swocker("net", "why", "web", "nosuch:1").err.contains("No such container"))
        }
    }
}
