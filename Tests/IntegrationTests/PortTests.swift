// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

extension TheProgram {
    /// Published ports: who reaches them, as whom, and how they change while a container runs.
    @Suite struct PortTests {
        let swocker = Swocker()

        /// ::1 leads to a container that has IPv4 only, and to one that has IPv6 too; for TCP and UDP.
        @Test(arguments: ["bridge", "six"])
        func bothLoopbackAddressesLead(_ network: String) throws {
            let server = try EchoServer(swocker)
            if network == "six" {
                #expect(swocker("network", "create", "--ipv6", "six").code == 0)
            }
            server.run("web", "--network", network, "-p", "18501:7", "-p", "18501:7/udp")
            for address in ["127.0.0.1", "::1"] {
                #expect(
                    eventually(seconds: 5) { EchoServer.ask(address, 18501) != nil }, "\(address)")
                let said = eventually(seconds: 5) {
                    EchoServer.tell(address, 18501)?.hasSuffix(" hello") == true
                }
                #expect(said, "\(address)")
            }
            // The monitor's socket is not left behind.
            #expect(swocker("rm", "-f", "web").code == 0)
            #expect(EchoServer.ask("::1", 18501) == nil)
            server.run("again", "--network", network, "-p", "18501:7", "-p", "18501:7/udp")
        }

        /// From another host: the client's true address arrives where the kernel lets it.
        @Test func outsideHostsAreSeenAsThemselves() throws {
            try #require(isInstalled("ip") && isInstalled("curl"))
            let outside = OutsideHost(swocker)
            let server = try EchoServer(swocker)
            #expect(swocker("network", "create", "--ipv6", "six").code == 0)
            server.run("web", "-p", "18502:7", "-p", "127.0.0.1:18503:7", "-p", "[::1]:18504:7")
            server.run("sixth", "--network", "six", "-p", "18505:7")
            func ask(_ address: String, _ port: Int) -> String {
                let host = address.contains(":") ? "[\(address)]" : address
                return outside(
                    "curl", "-s", "-m", "3", "--http0.9", "-d", "x", "http://\(host):\(port)/"
                ).lines.first ?? ""
            }
            #expect(eventually(seconds: 5) { ask(outside.own.four, 18502) != "" })
            #expect(ask(outside.own.four, 18502) == "::ffff:\(outside.other.four)")
            // Without IPv6 in the container the monitor passes on, and the address is the bridge's.
            #expect(ask(outside.own.six, 18502) != "")
            let seen = IPAddress(parsing: ask(outside.own.six, 18505))
            #expect(seen == IPAddress(parsing: outside.other.six))
            // What is bound to a loopback address is reached from no other.
            for (address, port) in [
                (outside.own.four, 18503), (outside.own.six, 18503), (outside.own.four, 18504),
                (outside.own.six, 18504),
            ] { #expect(ask(address, port) == "", "\(address) \(port)") }
            #expect(EchoServer.ask("::1", 18504) != nil)
            #expect(EchoServer.ask("127.0.0.1", 18504) == nil)
        }

        @Test func portsComeAndGoWhileItRuns() throws {
            let server = try EchoServer(swocker)
            server.run("web")
            #expect(swocker("publish", "web", "18510:7", "18511:7/udp").code == 0)
            for address in ["127.0.0.1", "::1"] {
                #expect(eventually(seconds: 5) { EchoServer.ask(address, 18510) != nil })
                #expect(eventually(seconds: 5) { EchoServer.tell(address, 18511) != nil })
            }
            #expect(swocker("port", "web", "7/tcp").lines == ["0.0.0.0:18510", "[::]:18510"])
            #expect(swocker("ps", "--format", "{{.Ports}}").out.contains("0.0.0.0:18510->7/tcp"))
            // A connection that stands goes on when its port is taken back.
            let open = try EchoServer.connect(.tcp, "127.0.0.1", 18510)
            #expect(EchoServer.line(of: open.raw) != nil)
            #expect(swocker("unpublish", "web", "18510").code == 0)
            #expect(send(open.raw, "still\n", 6, 0) == 6)
            #expect(EchoServer.line(of: open.raw) == "still")
            for address in ["127.0.0.1", "::1"] {
                #expect(eventually(seconds: 5) { EchoServer.ask(address, 18510) == nil })
            }
            let udp = ["7/udp -> 0.0.0.0:18511", "7/udp -> [::]:18511"]
            #expect(swocker("port", "web").lines == udp)
            // What is on record counts at the next start.
            #expect(swocker("restart", "-t", "1", "web").code == 0)
            #expect(swocker("port", "web", "7/udp").lines.count == 2)
            #expect(swocker("stop", "-t", "1", "web").code == 0)
            #expect(swocker("publish", "web", "18510:7").code == 0)
            #expect(swocker("unpublish", "web", "18511/udp").code == 0)
            #expect(swocker("start", "web").code == 0)
            let tcp = ["7/tcp -> 0.0.0.0:18510", "7/tcp -> [::]:18510"]
            #expect(swocker("port", "web").lines == tcp)
        }

        /// Who sends datagrams without a pause finds the container again that has another address now.
        @Test func datagramsFollowARestart() throws {
            let server = try EchoServer(swocker)
            server.run("web", "-p", "127.0.0.1:18540:7/udp")
            let client = try EchoServer.connect(.udp, "127.0.0.1", 18540)
            func answers() -> Bool {
                send(client.raw, "hello", 5, CInt(MSG_NOSIGNAL))
                var set = PollSet()
                set.add(client.raw, POLLIN)
                guard let count = try? set.wait(milliseconds: 100), count > 0 else { return false }
                return EchoServer.line(of: client.raw)?.hasSuffix(" hello") == true
            }
            #expect(eventually(seconds: 5) { answers() })
            let address = swocker.inspect("web", "{{.NetworkSettings.IPAddress}}")
            #expect(swocker("restart", "-t", "0", "web").code == 0)
            #expect(swocker.inspect("web", "{{.NetworkSettings.IPAddress}}") != address)
            #expect(eventually(seconds: 10) { answers() })
        }

        /// Ten thousand ports, and one of them taken out.
        @Test func aRangeIsTakenApart() throws {
            let server = try EchoServer(swocker)
            server.run("web", "-p", "127.0.0.1:20000-29999:20000-29999")
            #expect(swocker("unpublish", "web", "20007").code == 0)
            #expect(swocker("port", "web").lines.count == 9999)
            #expect(swocker("publish", "web", "127.0.0.1:20007:7").code == 0)
            #expect(eventually(seconds: 5) { EchoServer.ask("127.0.0.1", 20007) != nil })
            #expect(swocker("port", "web").lines.count == 10_000)
        }

        private static let mistakes = [
            ("publish web", 1, "requires at least 2 arguments"),
            ("publish web 8x:80", 1, "invalid hostPort: 8x"),
            ("publish web 18520:80", 1, "port is already allocated (by container other)"),
            ("publish other 18520:80", 1, "is published on 18520 already"),
            ("publish nosuch 18521:80", 1, "No such container: nosuch"),
            ("publish alone 18521:80", 1, "no ports of its own to publish: its network is none"),
            ("unpublish web 18521", 1, "port 18521/tcp of the host is not published by"),
            ("unpublish other 18520/udp", 1, "port 18520/udp of the host is not published by"),
            ("unpublish other 127.0.0.1:18520", 1, "127.0.0.1:18520/tcp of the host is not"),
            ("traffic 18520", 1, "no containers share port 18520/tcp"),
            ("traffic 18520 web", 1, "invalid share: web"),
            ("traffic 18520 web=0", 1, "no container has a weight"),
            ("traffic 18520 web:80=1", 1, "port is already allocated (by container other)"),
            ("traffic 18521 web=1", 1, "say web:PORT=WEIGHT"),
            ("traffic 18521 web:80=1 web:81=1", 1, "a container is named twice"),
            ("traffic --rm", 1, "--rm takes a port and nothing else"),
            ("network why web", 1, "requires 2 arguments"),
            ("network why web other", 1, "which port is meant?"),
        ]

        @Test func mistakesChangeNothing() {
            swocker.sleeper("web")
            swocker.sleeper("other", "-p", "18520:80")
            swocker.sleeper("alone", "--network", "none")
            let before = swocker("port", "other").out
            for (line, code, text) in Self.mistakes {
                let outcome = swocker(words(line))
                #expect(
                    outcome.code == Int32(code) && outcome.err.contains(text), "\(line): \(outcome)"
                )
                #expect(swocker("port", "web").out == "", "\(line)")
                #expect(swocker("port", "other").out == before, "\(line)")
            }
        }

        /// A killed monitor's sockets go with it; the port goes on, and is free when the container is
        /// not any more.
        @Test func aKilledMonitorKeepsNoPort() throws {
            let server = try EchoServer(swocker)
            server.run("web", "-p", "18530:7")
            #expect(eventually(seconds: 5) { EchoServer.ask("127.0.0.1", 18530) != nil })
            for monitor in swocker.monitors { kill(monitor, SIGKILL) }
            #expect(eventually(seconds: 5) { swocker.monitors.isEmpty })
            #expect(EchoServer.ask("127.0.0.1", 18530) != nil)
            let refused = swocker("run", "--rm", "-p", "18530:7", "busybox", "true")
            #expect(refused.code == 125 && refused.err.contains("by container web"), "\(refused)")
            kill(swocker.pid("web"), SIGKILL)
            // Nobody has noted the end: the next command does, because it wants the port.
            let next = eventually(seconds: 5) {
                swocker("run", "--rm", "-p", "18530:7", "busybox", "true").code == 0
            }
            #expect(next)
        }
    }
}
