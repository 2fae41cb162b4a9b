// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

extension TheProgram {
    /// Bridges, addresses and published ports, against the real kernel.
    @Suite struct NetworkTests {
        let swocker = Swocker()

        /// A web server that says its host's name.
        private func serve(_ name: String, _ options: String...) -> Outcome {
            swocker(
                ["run", "-d", "--name", name] + options + [
                    "busybox", "sh", "-c",
                    "hostname > /tmp/index.html; exec httpd -f -p 80 -h /tmp",
                ])
        }

        private func get(_ address: String) -> String {
            let request =
                "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 5 busybox nc -w 3 \(address) | tail -n 1"
            return ChildProcess(["/bin/sh", "-c", request], swocker.surroundings()).wait().out
        }

        private func inspect(_ name: String, _ template: String) -> String {
            swocker("inspect", "-f", template, name).out.trimmed
        }

        @Test func aPublishedPortIsReachedFromEverywhereItShould() throws {
            let started = serve("web", "-p", "18431:80", "-p", "127.0.0.1:18432:80", "-h", "served")
            #expect(started.code == 0, "\(started)")
            #expect(eventually(seconds: 5) { get("127.0.0.1 18431") == "served\n" })
            #expect(get("127.0.0.1 18432") == "served\n")
            let gateway = inspect("web", "{{.NetworkSettings.Gateway}}")
            // Itself and a neighbour, through the host's port.
            for command in [["exec", "web"], ["run", "--rm", "busybox"]] {
                let answer = swocker(
                    command + [
                        "sh", "-c",
                        "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 \(gateway) 18431 | tail -n 1",
                    ])
                #expect(answer.out == "served\n", "\(answer)")
            }
            // What is bound to 127.0.0.1 is not reached from elsewhere, and the host's loopback is
            // not the container's.
            for place in ["\(gateway) 18432", "127.0.0.1 18431"] {
                let answer = swocker(
                    "run", "--rm", "busybox", "nc", "-w", "1", place.words[0], place.words[1])
                #expect(answer.code != 0, "\(place)")
            }
            #expect(swocker("port", "web").lines.contains("80/tcp -> 127.0.0.1:18432"))
            let taken = swocker("run", "--rm", "-p", "18431:80", "busybox", "true")
            #expect(taken.code == 125 && taken.err.contains("port is already allocated"))
            #expect(taken.err.contains("container web"))
            #expect(swocker("rm", "-f", "web").code == 0)
            #expect(get("127.0.0.1 18431") == "")
            #expect(serve("again", "-p", "18431:80").code == 0)
        }

        @Test func aLongRangeIsOneElement() {
            let started = serve("range", "-p", "127.0.0.1:21000-21999:21000-21999")
            #expect(started.code == 0, "\(started)")
            #expect(swocker("port", "range").lines.count == 1000)
        }

        @Test func aPortOfTheHostIsRefused() throws {
            let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)  // no child has it too
            let holder = socket(AF_INET, kind, 0)
            defer { close(holder) }
            let port = 18437
            let address = socketAddress(.v4(IPv4Address(0x7F00_0001)), UInt16(port))
            let bound = address.withUnsafeBytes { bytes in
                bytes.withMemoryRebound(to: sockaddr.self) {
                    bind(holder, $0.baseAddress, socklen_t(bytes.count))
                }
            }
            try #require(bound == 0 && listen(holder, 1) == 0)
            let refused = swocker("run", "--rm", "-p", "\(port):80", "busybox", "true")
            #expect(refused.code == 125)
            #expect(refused.err.contains("address already in use"), "\(refused)")
            #expect(refused.err.contains("(pid \(getpid()))"), "\(refused)")
            #expect(swocker("ps", "-aq").lines.isEmpty)
        }

        @Test func networksAreApart() {
            let range = "10.\(Int.random(in: 64...127)).\(Int.random(in: 0...255))"
            #expect(swocker("network", "create", "--subnet", "\(range).0/24", "one").code == 0)
            #expect(swocker("network", "create", "--ipv6", "two").code == 0)
            #expect(serve("aa", "--network", "one", "--ip", "\(range).9").code == 0)
            #expect(serve("bb", "--network", "two").code == 0)
            #expect(inspect("aa", "{{.NetworkSettings.Networks.one.IPAddress}}") == "\(range).9")
            func reaches() -> Bool {
                swocker("exec", "bb", "nc", "-w", "1", "\(range).9", "80").code == 0
            }
            #expect(!reaches())
            #expect(swocker("network", "connect", "one", "bb").code == 0)
            #expect(eventually(seconds: 5) { reaches() })
            #expect(swocker("network", "disconnect", "one", "bb").code == 0)
            #expect(!reaches())
            let used = swocker("network", "rm", "one")
            #expect(used.code == 1 && used.err.contains("has active endpoints"), "\(used)")
            let again = swocker(
                "run", "--rm", "--network", "one", "--ip", "\(range).9", "busybox", "true")
            #expect(again.code == 125 && again.err.contains("Address already in use"), "\(again)")
            let six = inspect("bb", "{{.NetworkSettings.Networks.two.GlobalIPv6Address}}")
            let ping = swocker(
                "run", "--rm", "--network", "two", "busybox", "ping6", "-c", "1", "-W", "3", six)
            #expect(ping.code == 0, "\(ping)")
            #expect(swocker("rm", "-f", "aa", "bb").code == 0)
            #expect(swocker("network", "prune", "-f").out.contains("one\ntwo"))
        }

        @Test func anInternalNetworkCannotBeLeft() {
            #expect(swocker("network", "create", "--internal", "inner").code == 0)
            let routes = swocker("run", "--rm", "--network", "inner", "busybox", "ip", "route")
            #expect(routes.code == 0 && !routes.out.contains("default"), "\(routes)")
        }

        /// An address that is not its own does not leave the cable.
        @Test func aContainerCannotSendAsAnother() {
            #expect(serve("web").code == 0)
            let target = inspect("web", "{{.NetworkSettings.IPAddress}}")
            let change = "ip addr add \(target.prefixOfAddress).250/20 dev eth0"
            let script =
                "\(change); ping -c 1 -W 1 \(target) && ! ping -c 1 -W 1 -I \(target.prefixOfAddress).250 \(target)"
            let outcome = swocker(
                "run", "--rm", "--cap-add", "NET_ADMIN", "busybox", "sh", "-c", script)
            #expect(outcome.code == 0, "\(outcome)")
        }

        @Test(arguments: [
            ("network create bridge", 1, "operation is not permitted on predefined bridge network"),
            ("network create --subnet 10.0.0.0/33 nn", 1, "invalid subnet"),
            (
                "network create --subnet 10.0.0.0/24 --gateway 10.0.1.1 nn", 1,
                "no matching subnet for gateway"
            ),
            ("network create --gateway 10.0.1.1 nn", 1, "must have a corresponding subnet"),
            ("network create -d nosuch nn", 1, "plugin \"nosuch\" not found"),
            ("network create -o nosuch=1 nn", 1, "is not supported yet"),
            ("network rm bridge", 1, "bridge is a pre-defined network and cannot be removed"),
            ("network rm nosuch", 1, "network nosuch not found"),
            ("network connect nosuch nosuch", 1, "network nosuch not found"),
            ("run --network nosuch busybox true", 125, "network nosuch not found"),
            ("run --ip 10.0.0.5 busybox true", 125, "supported on user defined networks only"),
        ])
        func mistakes(_ line: String, code: Int32, says text: String) {
            let outcome = swocker(line.words)
            #expect(outcome.code == code && outcome.err.contains(text), "\(outcome)")
            #expect(swocker("ps", "-aq").lines.isEmpty)
        }
    }
}

extension String {
    fileprivate var words: [String] { split(separator: " ").map(String.init) }
    fileprivate var trimmed: String { String(drop(while: \.isWhitespace).prefix { !$0.isNewline }) }
    /// "10.0.3" of "10.0.3.7".
    fileprivate var prefixOfAddress: String {
        split(separator: ".").prefix(3).joined(separator: ".")
    }
}
