// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

extension TheProgram {
    /// What containers call each other, and what they ask of the world.
    @Suite struct NamesTests {
        let swocker = Swocker()

        /// The addresses of a name, as a container sees them; empty for none.
        private func lookUp(_ name: String, in container: String) -> Set<String> {
            let answer = swocker("exec", container, "nslookup", name)
            let lines = answer.lines.drop { !$0.hasPrefix("Name:") }
            return Set(
                lines.filter { $0.hasPrefix("Address: ") }.map { String($0.dropFirst(9)) })
        }

        /// The bytes of the answer, as decimal numbers.
        /// - Parameters:
        ///   - length: of the question, octal.
        ///   - name: its parts, each behind its length.
        private func askOverTCP(_ length: String, _ name: String, in container: String) -> Outcome {
            let header = "\\22\\64\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0"
            let question = "\\0\(length)\(header)\(name)\\0\\0\\1\\0\\1"
            let script = """
                printf '\(question)' | timeout 5 nc -w 2 127.0.0.11 53 | hexdump -v -e '/1 "%d "'
                """
            return swocker("exec", container, "sh", "-c", script)
        }

        private func address(
            of name: String, in network: String, key: String = "IPAddress"
        ) -> String {
            swocker.inspect(name, "{{(index .NetworkSettings.Networks \"\(network)\").\(key)}}")
        }

        @Test func neighboursFindEachOther() {
            swocker("network", "create", "--ipv6", "back")
            swocker("network", "create", "other")
            swocker.sleeper(
                "store", "--network", "back", "--network-alias", "db", "--hostname", "keeper")
            swocker.sleeper("asker", "--network", "back")
            swocker.sleeper("stranger", "--network", "other")
            let own: Set = [
                address(of: "store", in: "back"),
                address(of: "store", in: "back", key: "GlobalIPv6Address"),
            ]
            #expect(own.count == 2 && !own.contains(""))
            let id = String(swocker.inspect("store", "{{.Id}}").prefix(12))
            for name in ["store", "STORE", "store.back", "db", "db.back", "keeper", id] {
                #expect(lookUp(name, in: "asker") == own, "\(name)")
                #expect(lookUp(name, in: "stranger").isEmpty, "\(name)")
            }
            let reverse = swocker("exec", "asker", "nslookup", own.min() ?? "")
            #expect(reverse.out.contains("name = store.back"), "\(reverse)")
            #expect(swocker("exec", "asker", "ping", "-c", "1", "-W", "5", "store").code == 0)
            // At once here, and at once gone.
            swocker("network", "connect", "--alias", "warehouse", "other", "store")
            #expect(lookUp("warehouse", in: "stranger") == [address(of: "store", in: "other")])
            swocker("network", "disconnect", "other", "store")
            #expect(lookUp("warehouse", in: "stranger").isEmpty)
            swocker("restart", "-t", "1", "asker")
            #expect(lookUp("db", in: "asker") == own)
            swocker.sleeper("guest", "--network", "container:asker")
            #expect(lookUp("db", in: "guest") == own)
            swocker("rm", "-f", "store")
            #expect(lookUp("db", in: "asker").isEmpty)
            swocker("rm", "-f", "guest", "asker", "stranger")
        }

        @Test func onTheDefaultNetworkToo() throws {
            swocker.sleeper("first")
            swocker.sleeper("second", "--link", "first:one")
            let own: Set = [swocker.inspect("first", "{{.NetworkSettings.IPAddress}}")]
            for name in ["first", "first.bridge", "one"] {
                #expect(lookUp(name, in: "second") == own, "\(name)")
            }
            #expect(lookUp("one", in: "first").isEmpty)
            #expect(swocker.inspect("second", "{{.HostConfig.Links}}") == "[/first:/second/one]")
            // Whoever has port 53 in the container, over both protocols.
            let taken = try SocketsInside("/proc/\(swocker.pid("second"))/ns/net")
            #expect(taken.bindDatagrams(53) == 0 && taken.listen(53) == 0)
            #expect(lookUp("first", in: "second") == own)
            // Over TCP: length, header, question.
            let answer = askOverTCP("\\27", "\\5first", in: "second")
            let parts = (own.first ?? "").split(separator: ".").joined(separator: " ")
            #expect(answer.out.contains(" 4 \(parts) "), "\(answer)")
        }

        /// Malformed questions do not harm who answers, nor the container's streams.
        @Test func noiseIsSurvived() throws {
            swocker.sleeper("noisy")
            let sockets = try SocketsInside("/proc/\(swocker.pid("noisy"))/ns/net")
            var loop: [UInt8] = [1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 12, 0, 1, 0, 1]
            sockets.send(loop, to: "127.0.0.11")
            for length in 0..<200 {
                sockets.send((0..<length).map { _ in UInt8.random(in: 0...255) }, to: "127.0.0.11")
                loop.append(UInt8.random(in: 0...255))
                sockets.send(loop, to: "127.0.0.11")
            }
            let script = """
                for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
                    head -c $((i * 900)) /dev/urandom | timeout 1 nc -w 1 127.0.0.11 53 &
                done > /dev/null
                wait
                """
            swocker("exec", "noisy", "sh", "-c", script)
            #expect(
                lookUp("noisy", in: "noisy")
                    == [swocker.inspect("noisy", "{{.NetworkSettings.IPAddress}}")])
            #expect(swocker.monitors.count == 1)
        }

        /// Servers on the host's loopback addresses answer, as systemd-resolved does.
        @Test func theWorldIsAskedWhereTheHostAsks() throws {
            let upstream = try #require(Upstream())
            let file = "\(swocker.directory)/resolv.conf"
            let script = """
                printf 'nameserver %s\\nsearch a.example\\noptions edns0\\n' \
                    \(upstream.address) > \(file) &&
                mount --bind \(file) /etc/resolv.conf && exec "$0" "$@"
                """
            let started = swocker.host(
                "unshare", "--mount", "sh", "-c", script, Swocker.program, "run", "-d", "--name",
                "asker", "busybox", "sleep", "1000")
            #expect(started.code == 0, "\(started)")
            #expect(
                swocker("exec", "asker", "cat", "/etc/resolv.conf").lines
                    == ["nameserver 127.0.0.11", "search a.example", "options edns0 ndots:0"])
            for name in ["fine.test", "forged.test"] {
                #expect(lookUp(name, in: "asker") == ["192.0.2.7"], "\(name)")
            }
            // One that fails is told at once; one that is silent, before who asks gives up.
            let sockets = try SocketsInside("/proc/\(swocker.pid("asker"))/ns/net")
            for (name, limit) in [("failing", 2.0), ("silent", 5.5)] {
                let began = now()
                let header: [UInt8] = [7, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
                let question = [UInt8(name.utf8.count)] + Array(name.utf8) + [0, 0, 1, 0, 1]
                let answer = sockets.ask(header + question, at: "127.0.0.11")
                #expect(answer.prefix(2) == [7, 9] && answer.count > 12 && answer[3] & 15 == 2)
                #expect(now() - began < limit * patience, "\(name)")
            }
            let answer = askOverTCP("\\32", "\\3cut\\4test", in: "asker")
            #expect(answer.out.contains(" 4 192 0 2 7 "), "\(answer)")
        }

        @Test(arguments: [
            (["--dns", "192.0.2.1"], "nameserver 127.0.0.11\noptions"),
            (
                ["--dns-search", "one.example", "--dns-search", "two.example"],
                "search one.example two.example\n"
            ),
            (["--dns-search", "."], "nameserver 127.0.0.11\noptions"),
            (["--dns-option", "ndots:3", "--dns-option", "rotate"], "options ndots:3 rotate\n"),
        ])
        func theContainersFile(_ options: [String], says text: String) {
            let file = swocker(["run", "--rm"] + options + ["busybox", "cat", "/etc/resolv.conf"])
            #expect(file.out.contains(text), "\(file)")
        }

        /// Questions are no way out of an internal network; one's own server is asked from inside.
        @Test func whereTheWorldIsNotAsked() {
            swocker("network", "create", "--internal", "inner")
            for options in [["--network", "inner"], ["--dns", "127.0.0.1"]] {
                let answer = swocker(
                    ["run", "--rm"] + options + ["busybox", "nslookup", "-type=a", "example.com"])
                #expect(answer.out.contains("SERVFAIL"), "\(answer)")
            }
            let none = swocker("run", "--rm", "--network", "none", "busybox", "netstat", "-lnu")
            #expect(none.code == 0 && !none.out.contains("127.0.0.11"))
        }

        @Test func whoseMonitorIsKilledIsFoundNoMore() throws {
            swocker("network", "create", "--subnet", "10.213.7.0/29", "small")
            swocker.sleeper("lost", "--network", "small", "--ip", "10.213.7.2")
            let lost = swocker.monitors
            swocker.sleeper("asker", "--network", "small")
            #expect(lookUp("lost", in: "asker") == ["10.213.7.2"])
            let process = swocker.pid("lost")
            try #require(lost.count == 1 && process > 1)
            kill(lost[0], SIGKILL)
            kill(process, SIGKILL)
            #expect(
                eventually(seconds: 5) { swocker.inspect("lost", "{{.State.Running}}") == "false" })
            let next = swocker(
                "run", "--rm", "--network", "small", "--ip", "10.213.7.2", "busybox", "true")
            #expect(next.code == 0, "\(next)")
            #expect(lookUp("lost", in: "asker").isEmpty)
        }

        @Test(arguments: [
            (
                "run --link nosuch:x busybox true",
                "could not get container for nosuch: "
                    + "No such container: nosuch"
            ),
            (
                "run --link still:x busybox true",
                "Cannot link to a non running container: /still AS /"
            ),
            (
                "run --network host --link still busybox true",
                "conflicting options: host type "
                    + "networking can't be used with links. This would result in undefined behavior"
            ),
            (
                "run --network container:still --link still busybox true",
                "conflicting options: "
                    + "container type network can't be used with links"
            ),
        ])
        func linksThatCannotBe(_ line: String, says text: String) {
            swocker("create", "--name", "still", "busybox", "true")
            let outcome = swocker(line.split(separator: " ").map(String.init))
            #expect(outcome.code == 125 && outcome.err.contains(text), "\(outcome)")
            #expect(swocker("ps", "-aq").lines.count == 1 || line.contains(" still:x "))
        }
    }
}

extension TheProgram {
    /// What a network may be told when it is made, and what is told of it.
    @Suite struct NetworkOptionTests {
        let swocker = Swocker()

        @Test func neighboursMayBeKeptApart() {
            swocker(
                "network", "create", "--ipv6", "-o", "com.docker.network.bridge.enable_icc=false",
                "apart")
            swocker.sleeper("one", "--network", "apart", "--cap-add", "NET_ADMIN")
            swocker.sleeper("two", "--network", "apart")
            func ping(_ target: String) -> Bool {
                swocker("exec", "one", "ping", "-c", "1", "-W", "1", target).code == 0
            }
            let four = swocker.inspect("two", "{{.NetworkSettings.Networks.apart.IPAddress}}")
            let six = swocker.inspect(
                "two", "{{.NetworkSettings.Networks.apart.GlobalIPv6Address}}")
            let gateway = swocker.inspect("two", "{{.NetworkSettings.Networks.apart.Gateway}}")
            #expect(ping(gateway) && !ping(four) && !ping(six))
            // Nor by way of the host.
            #expect(swocker("exec", "one", "ip", "route", "add", four, "via", gateway).code == 0)
            #expect(!ping(four))
        }

        /// With masquerading the outside sees the host's address, without it the container's.
        @Test(arguments: [("true", false), ("false", true)])
        func theAddressThatTheOutsideSees(_ value: String, isOwn: Bool) throws {
            let space = "swocker-it-\(getpid())-\(value)"
            let device = "swit\(getpid())\(value.prefix(1))"
            let script = """
                ip netns add \(space) &&
                ip link add \(device) type veth peer name eth0 netns \(space) &&
                ip addr add 198.51.100.1/30 dev \(device) && ip link set \(device) up &&
                ip -n \(space) addr add 198.51.100.2/30 dev eth0 &&
                ip -n \(space) link set eth0 up &&
                ip -n \(space) route add default via 198.51.100.1
                """
            defer { swocker.host("ip", "netns", "del", space) }
            let made = swocker.host("sh", "-c", script)
            try #require(made.code == 0, "\(made)")
            swocker(
                "network", "create", "-o",
                "com.docker.network.bridge.enable_ip_masquerade=\(value)", "plain")
            let outside = try SocketsInside("/run/netns/\(space)")
            #expect(outside.listen(7000) == 0)
            let outcome = swocker(
                "run", "--rm", "--network", "plain", "busybox", "sh", "-c",
                "hostname -i; echo hello | timeout 5 nc -w 2 198.51.100.2 7000")
            let own = outcome.lines.first ?? "?"
            #expect(outside.peer() == (isOwn ? own : "198.51.100.1"), "\(outcome)")
        }

        @Test func whatHappensIsTold() {
            let id = swocker("network", "create", "told").line
            let run = swocker.sleeper("web", "--network", "told")
            swocker("network", "disconnect", "told", "web")
            swocker("network", "connect", "told", "web")
            swocker("rm", "-f", "web")
            swocker("network", "rm", "told")
            let events = swocker(
                "events", "--until", "0s", "-f", "network=told", "--format",
                "{{.Action}} {{.Actor.ID}} {{index .Actor.Attributes \"container\"}}")
            #expect(
                events.lines
                    == [
                        "create \(id) ", "connect \(id) \(run)",
                        "disconnect \(id) \(run)", "connect \(id) \(run)",
                        "disconnect \(id) \(run)", "destroy \(id) ",
                    ])
        }

        @Test func whatDoesNotFit() {
            swocker("network", "create", "--subnet", "10.213.9.0/30", "tiny")
            let overlap = swocker("network", "create", "--subnet", "10.213.9.0/24", "wide")
            #expect(overlap.code == 1 && overlap.err.contains("Pool overlaps with other one"))
            let two = swocker(
                "network", "create", "--subnet", "10.213.10.0/24", "--subnet", "10.213.11.0/24",
                "nn")
            #expect(two.code == 1 && two.err.contains("doesn't support multiple subnets"), "\(two)")
            swocker.sleeper("only", "--network", "tiny")
            let full = swocker("run", "--rm", "--network", "tiny", "busybox", "true")
            #expect(full.code == 125 && full.err.contains("no available IPv4 addresses"), "\(full)")
            let outside = swocker(
                "run", "--rm", "--network", "tiny", "--ip", "10.213.8.2", "busybox", "true")
            #expect(outside.code == 125 && outside.err.contains("10.213.8.2"), "\(outside)")
            #expect(swocker("network", "rm", "tiny").err.contains("has active endpoints"))
            #expect(swocker("network", "ls", "-q", "-f", "name=wide").lines.isEmpty)
        }

        /// Started side by side: every address and port once, and nothing is left of them.
        @Test func manyAtOnce() {
            let count = 24
            let starts = (0..<count).map {
                swocker.start(
                    "run", "-d", "--name", "m\($0)x", "-p", "127.0.0.1::80", "busybox", "sleep",
                    "1000")
            }
            for start in starts {
                let outcome = start.wait(seconds: 60 * patience)
                #expect(outcome.code == 0, "\(outcome)")
            }
            let names = (0..<count).map { "m\($0)x" }
            let addresses = swocker(
                ["inspect", "-f", "{{.NetworkSettings.IPAddress}}"] + names
            ).lines
            #expect(Set(addresses).count == count && !addresses.contains(""))
            #expect(Set(names.map { swocker("port", $0).line }).count == count)
            #expect(swocker(["rm", "-f"] + names, seconds: 60).code == 0)
        }
    }
}
