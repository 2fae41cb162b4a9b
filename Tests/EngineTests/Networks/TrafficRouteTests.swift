// SPDX-License-Identifier: Apache-2.0

import Linux
import Networking
import Testing

@testable import Engine

@Suite struct TrafficRouteTests {
    @Test(arguments: [
        ([90, 10], [90, 10]), ([1], [100]), ([1, 1, 1], [34, 33, 33]), ([2, 1], [67, 33]),
        ([999, 1], [99, 1]), ([1_000_000, 1, 1], [98, 1, 1]), ([], []),
    ])
    func sharesAreOfAHundred(_ weights: [Int], _ percents: [Int]) {
        #expect(TrafficRoute.percents(of: weights).map(Int.init) == percents)
    }

    @Test func fiftySharesAreAHundredToo() {
        for count in 1...50 {
            let percents = TrafficRoute.percents(of: (0..<count).map { $0 * $0 + 1 })
            #expect(percents.reduce(0) { $0 + Int($1) } == 100)
            #expect(percents.allSatisfy { $0 > 0 })
        }
    }

    private func address(_ text: String) -> IPAddress {
        IPAddress(parsing: text) ?? .v4(IPv4Address(0))
    }

    private var route: TrafficRoute {
        TrafficRoute(
            transport: .tcp, address: address("0.0.0.0"), port: 8080,
            targets: [
                .init(container: "blue", port: 80, weight: 90),
                .init(container: "green", port: 81, weight: 10),
                .init(container: "grey", port: 80, weight: 0),
            ])
    }

    /// Who does not run, or has no weight, is left out; the others take its part.
    @Test func onlyTheLivingAreServed() {
        let ways = [
            "blue": [address("172.17.0.2")], "green": [address("172.17.0.3")],
            "grey": [address("172.17.0.4")],
        ]
        let both = route.shares(among: ways, isIPv4: true)
        #expect(both.map(\.percent) == [90, 10])
        let one = route.shares(among: ["green": ways["green"] ?? []], isIPv4: true)
        #expect(one.map(\.percent) == [100])
        #expect(one.map(\.port) == [81])
        #expect(route.shares(among: ways, isIPv4: false).isEmpty)
        #expect(route.elements(among: [:]).isEmpty)
    }

    /// Translation serves its own family; the rest is passed on by a monitor.
    @Test(arguments: [
        ("0.0.0.0", false), ("127.0.0.1", false), ("::", true), ("::1", true),
        ("2001:db8::1", true),
    ])
    func whatIsPassedOn(_ text: String, isRelayed: Bool) {
        var route = route
        route = TrafficRoute(
            transport: .tcp, address: address(text), port: 8080, targets: route.targets)
        route.ways = ["blue": [address("172.17.0.2")]]
        #expect(route.keptPort.isRelayed == isRelayed)
    }
}

@Suite struct PortPlaceTests {
    private func lease(_ ports: ClosedRange<UInt16>) -> PortLease {
        PortLease(
            transport: .tcp, hostAddress: .v4(IPv4Address(0)), hostPorts: ports, containerPort: 100)
    }

    @Test(
        arguments: [
            (8080...8089, 8084...8085, [8080...8083, 8086...8089], [100, 106]),
            (8080...8089, 8080...8080, [8081...8089], [101]),
            (8080...8089, 8000...9000, [], []),
            (8080...8080, 8080...8080, [], []),
            (1...65_535, 65_535...65_535, [1...65_534], [100]),
        ] as [(ClosedRange<UInt16>, ClosedRange<UInt16>, [ClosedRange<UInt16>], [UInt16])])
    func whatIsLeft(
        of own: ClosedRange<UInt16>, without taken: ClosedRange<UInt16>,
        _ rest: [ClosedRange<UInt16>], _ ports: [UInt16]
    ) {
        let left = lease(own).without(taken)
        #expect(left.map(\.hostPorts) == rest)
        #expect(left.map(\.containerPort) == ports)
    }
}
