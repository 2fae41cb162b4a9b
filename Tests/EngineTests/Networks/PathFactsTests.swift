// SPDX-License-Identifier: Apache-2.0

import Linux
import Networking
import Testing

@testable import Engine

/// What `net why` says of facts.
@Suite struct PathFactsTests {
    private static func address(_ text: String) -> IPAddress {
        IPAddress(parsing: text) ?? .v4(IPv4Address(0))
    }

    private static var fine: PathFacts {
        PathFacts(
            source: .init(name: "web", networks: ["back"]),
            target: .init(name: "db", networks: ["back"]), port: 5432, transport: .tcp,
            address: address("172.17.16.3"), common: .init(network: "back", bridge: "sw-1"),
            listeners: [ListeningSocket(address("0.0.0.0"), port: 5432)], attempt: .connected)
    }

    @Test func allIsWell() {
        let judgement = Self.fine.judgement
        #expect(judgement.isFine)
        #expect(
            judgement.text == "web -> db:5432/tcp: all is well (172.17.16.3, network back)")
    }

    private static let obstacle = Obstacle(
        place: "table ip filter, chain FORWARD", reason: "its policy is drop", isCertain: true,
        chain: "ip filter FORWARD")

    private static let faults: [(String, @Sendable (inout PathFacts) -> Void)] = [
        ("container db does not run", { $0.target.isRunning = false }),
        ("container web does not run", { $0.source.isRunning = false }),
        ("web has no network", { $0.source.mode = "none" }),
        (
            "no network in common: web is in front; db is in back",
            {
                $0.common = nil
                $0.source.networks = ["front"]
            }
        ),
        ("the name is not answered: the monitor of web was killed", { $0.namesAreServed = false }),
        ("db has no address in network back", { $0.address = nil }),
        ("the bridge sw-1 is gone or down", { $0.common?.bridgeIsUp = false }),
        ("the cable of web is not plugged", { $0.common?.sourceIsPlugged = false }),
        ("the cable of db is not plugged", { $0.common?.targetIsPlugged = false }),
        ("web has no route to 172.17.16.3", { $0.common?.hasRoute = false }),
        ("our firewall rules are gone", { $0.rulesAreThere = false }),
        ("table ip filter, chain FORWARD drops what bridges pass on", { $0.obstacle = obstacle }),
        ("nothing listens on port 5432/tcp in db, nothing else either", { $0.listeners = [] }),
        (
            "nothing listens on port 5432/tcp in db, but on 80",
            { $0.listeners = listening("::", 80) }
        ),
        (
            "db listens on 127.0.0.1:5432, which only db itself reaches",
            { $0.listeners = listening("127.0.0.1", 5432) }
        ),
        ("db refuses the connection", { $0.attempt = .refused }),
        ("no answer, and nothing wrong to be seen", { $0.attempt = .silent }),
    ]

    private static func listening(_ text: String, _ port: UInt16) -> [ListeningSocket] {
        [ListeningSocket(address(text), port: port)]
    }

    @Test func whatFailsIsNamed() {
        for (text, change) in Self.faults {
            var facts = Self.fine
            change(&facts)
            #expect(!facts.judgement.isFine, "\(text)")
            #expect(facts.judgement.text.contains(": " + text), "\(facts.judgement.text)")
        }
    }

    /// What comes first on the way is named, whatever else fails.
    @Test func theFirstFaultIsNamed() {
        var facts = Self.fine
        facts.listeners = []
        facts.rulesAreThere = false
        facts.common?.bridgeIsUp = false
        #expect(facts.judgement.text.contains("the bridge"))
    }

    @Test(arguments: ["::", "172.17.16.3", "::ffff:172.17.16.3"])
    func theseServe(_ own: String) {
        var facts = Self.fine
        facts.listeners = [ListeningSocket(Self.address(own), port: 5432)]
        #expect(facts.judgement.isFine, "\(facts.judgement.text)")
    }
}
