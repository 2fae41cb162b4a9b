// SPDX-License-Identifier: Apache-2.0

import Glibc
import OCI
import SQLite
import Testing

@testable import Engine

struct ContainerListingTests {
    /// Three containers: `alpha` runs (this very process), `beta` has ended with 3, `gamma` was never
    /// started.
    static func filled() throws -> RecordFixture {
        let fixture = try RecordFixture()
        try makeRoot(fixture)
        try fixture.addImage()
        let alpha = try fixture.add("alpha", digit: 1) {
            $0.configuration.labels = ["app": "web", "tier": "front"]
            $0.configuration.exposedPorts = ["80/tcp"]
            $0.mounts = [
                ContainerMount(type: .volume, name: "box", source: "/v/box", destination: "/data"),
                ContainerMount(type: .bind, source: "/etc", destination: "/host"),
            ]
        }
        let beta = try fixture.add("beta", digit: 2) { $0.configuration.labels = ["app": "db"] }
        try fixture.add("gamma", digit: 3) { $0.configuration.image = "gone" }
        try fixture.start(alpha, as: .current)
        let dead = ProcessIdentity(pid: 1 << 22, started: 1)
        try fixture.start(beta, as: dead)
        try fixture.end(beta, dead, code: 3)
        return fixture
    }

    private static func makeRoot(_ fixture: borrowing RecordFixture) throws {
        _ = try fixture.engine.open()
    }

    private static func names(
        _ fixture: borrowing RecordFixture, _ filters: [String], all: Bool = false, last: Int? = nil
    ) throws -> [String] {
        var listing = ContainerListing()
        (listing.all, listing.last) = (all, last)
        listing.filters = try Filters(parsing: filters)
        return try fixture.engine.list(listing).map { $0.names[0] }
    }

    @Test func whichAreListed() throws {
        let fixture = try Self.filled()
        #expect(try Self.names(fixture, []) == ["alpha"])
        #expect(try Self.names(fixture, [], all: true) == ["gamma", "beta", "alpha"])
        #expect(try Self.names(fixture, [], last: 2) == ["gamma", "beta"])
        #expect(try Self.names(fixture, ["label=app"], last: 1) == ["beta"])
    }

    @Test(arguments: [
        (["status=exited"], ["beta"]), (["status=created", "status=running"], ["gamma", "alpha"]),
        (["label=app=web"], ["alpha"]), (["label=app=web", "label=tier=back"], []),
        (["exited=3"], []), (["name=^/?alp"], ["alpha"]), (["volume=box"], ["alpha"]),
        (["volume=/host"], ["alpha"]), (["network=none"], ["alpha"]), (["expose=80"], ["alpha"]),
        (["publish=80"], []), (["ancestor=busybox"], ["alpha"]), (["ancestor=nothing"], []),
        (["since=alpha", "status=created"], ["gamma"]), (["before=beta"], ["alpha"]),
    ])
    func filters(_ filters: [String], _ names: [String]) throws {
        let fixture = try Self.filled()
        #expect(try Self.names(fixture, filters) == names)
    }

    @Test func refusedFilters() throws {
        let fixture = try Self.filled()
        #expect(throws: FilterError.unknownKey("foo")) { try Self.names(fixture, ["foo=1"]) }
        #expect(throws: EngineError.noSuchContainer("x")) { try Self.names(fixture, ["since=x"]) }
    }

    @Test func whatIsShown() throws {
        let fixture = try Self.filled()
        var listing = ContainerListing()
        (listing.all, listing.sizes) = (true, true)
        let listed = try fixture.engine.list(listing)
        let (gamma, beta, alpha) = (listed[0], listed[1], listed[2])
        #expect(alpha.command == ["/init", "sleep", "100"])
        #expect(alpha.state == .running && beta.state == .exited && gamma.state == .created)
        #expect(beta.exitCode == 3 && beta.finishedAt == Timestamp(seconds: 1_795_474_200))
        #expect(alpha.labels == ["app": "web", "tier": "front"])
        #expect(alpha.mounts.map(\.driver) == ["local", nil])
        #expect(alpha.imageIsCurrent && !gamma.imageIsCurrent)
        #expect(alpha.size == ContainerSummary.Size(written: 0, rootFileSystem: 1000))
    }

    @Test func onlyIDs() throws {
        let fixture = try Self.filled()
        var listing = ContainerListing()
        listing.onlyIDs = true
        #expect(listing.needsNoRecord)
        let id = String(repeating: "1", count: 63) + "a"
        #expect(try fixture.engine.list(listing).map(\.id) == [id])
        listing.filters.add(key: "label", value: "app")
        #expect(!listing.needsNoRecord)
    }

    /// A container on record as running whose processes are gone has ended.
    @Test func repairs() throws {
        let fixture = try Self.filled()
        let container = try fixture.add("delta", digit: 4)
        try fixture.start(container, as: ProcessIdentity(pid: 1 << 22, started: 7))
        #expect(try Self.names(fixture, []) == ["alpha"])
        #expect(try Self.names(fixture, ["exited=255"], all: true) == ["delta"])
    }
}
