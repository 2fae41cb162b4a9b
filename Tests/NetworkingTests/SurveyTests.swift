// SPDX-License-Identifier: Apache-2.0

import Linux
import Testing

@testable import Networking

/// What other people's rules do to our packets. The rules are loaded with nft(8) into a namespace and
/// read back from the kernel.
@Suite struct SurveyTests {
    /// Obstacles to a connection that comes to a published port.
    private func obstacles(
        _ rules: String, _ change: (inout SamplePacket) -> Void = { _ in }
    ) throws -> [Obstacle] {
        try inNewNetwork {
            for line in rules.split(separator: "\n") {
                let answer = output(of: "nft '\(line)'")
                #expect(answer == "", "\(line)")
            }
            var packet = SamplePacket(.forwarded, from: "eth0", to: "sw-1")
            packet.isTranslated = true
            change(&packet)
            return FirewallSurvey(try ForeignChain.all()).obstacles(to: packet)
        }
    }

    /// As Docker's: iptables-nft's table with a policy, and rules for its own bridge.
    private static let docker = """
        add table ip filter
        add chain ip filter FORWARD { type filter hook forward priority filter; policy drop; }
        add chain ip filter DOCKER-USER
        add chain ip filter DOCKER-FORWARD
        add rule ip filter DOCKER-USER counter return
        add rule ip filter FORWARD counter jump DOCKER-USER
        add rule ip filter FORWARD counter jump DOCKER-FORWARD
        add rule ip filter DOCKER-FORWARD oifname "docker0" ct state established,related counter accept
        add rule ip filter DOCKER-FORWARD iifname "docker0" oifname != "docker0" counter accept
        """

    @Test func dockersPolicyIsNamed() throws {
        let found = try obstacles(Self.docker)
        #expect(
            found == [
                Obstacle(
                    place: "table ip filter, chain FORWARD", reason: "its policy is drop",
                    isCertain: true, chain: "ip filter FORWARD")
            ])
        #expect(try obstacles(Self.docker) { $0.isIPv4 = false }.isEmpty)
        #expect(try obstacles(Self.docker) { $0.way = .received }.isEmpty)
    }

    @Test func theHintHelps() throws {
        let hint = "\ninsert rule ip filter FORWARD oifname \"sw-1\" accept"
        #expect(try obstacles(Self.docker + hint).isEmpty)
    }

    @Test func aRuleIsNamedByItsHandle() throws {
        let found = try obstacles(
            """
            add table inet other
            add chain inet other ways { type filter hook forward priority 10; }
            add chain inet other no
            add rule inet other ways oifname "sw-*" goto no
            add rule inet other no counter reject
            """)
        #expect(found.count == 1)
        let first = try #require(found.first)
        #expect(first.place == "table inet other, chain no" && first.isCertain)
        #expect(first.reason.hasSuffix(" rejects"))
    }

    /// A condition that cannot be judged makes a doubt, not a verdict.
    @Test func whatCannotBeJudgedIsADoubt() throws {
        let found = try obstacles(
            """
            add table ip other
            add chain ip other ways { type filter hook forward priority 0; policy drop; }
            add rule ip other ways ip saddr 192.0.2.0/24 accept
            """)
        #expect(found.map(\.isCertain) == [false])
        let doubt = try obstacles(
            """
            add table ip other
            add chain ip other ways { type filter hook forward priority 0; }
            add rule ip other ways tcp dport 80 drop
            """)
        #expect(doubt.map(\.isCertain) == [false])
    }

    /// As firewalld's: what was translated passes, what leaves does not.
    @Test func conditionsAreJudged() throws {
        let rules = """
            add table inet firewalld
            add chain inet firewalld ways { type filter hook forward priority 10; }
            add rule inet firewalld ways ct state established,related accept
            add rule inet firewalld ways ct status dnat accept
            add rule inet firewalld ways iifname "lo" accept
            add rule inet firewalld ways reject
            """
        #expect(try obstacles(rules).isEmpty)
        let leaving = try obstacles(rules) {
            $0.isTranslated = false
            ($0.input, $0.output) = ("sw-1", "eth0")
        }
        #expect(leaving.map(\.isCertain) == [true])
    }

    @Test func ourOwnRulesAreNobodysObstacle() throws {
        try inNewNetwork {
            var firewall = try Firewall()
            try firewall.rebuild(with: [])
            let survey = FirewallSurvey(try ForeignChain.all())
            #expect(survey.obstacles(to: SamplePacket(.forwarded, from: "a", to: "b")).isEmpty)
        }
    }
}
