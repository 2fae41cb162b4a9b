// SPDX-License-Identifier: Apache-2.0

import ArchiveFixtures
import Images
import Linux
import OCI
import Testing

@Suite(.enabled(if: isRoot, "owners and devices need root"))
struct RemovalTests {
    private let container = String(repeating: "c", count: 64)

    private func loaded(_ names: [String]) throws -> (StoreFixture, Image) {
        let fixture = try StoreFixture()
        try fixture.load(try sampleImage().ociArchive())
        for name in names { try fixture.store.tag("test", as: name, in: fixture.database) }
        if !names.contains("test") { _ = try remove("test", fixture) }
        return (fixture, try #require(try fixture.image(names[0])))
    }

    private func remove(
        _ name: String, _ fixture: StoreFixture, force: Bool = false, users: [ImageUser] = []
    ) throws -> [String] {
        try fixture.store.remove(name, force: force, in: fixture.database) { _ in users }
            .map(\.description)
    }

    private func refusal(_ body: () throws -> [String]) -> String {
        do { return "removed \(try body())" } catch { return "\(error)" }
    }

    @Test func lastName() throws {
        let (fixture, image) = try loaded(["a:1"])
        let chain = chainIDs(of: image.diffIDs)
        #expect(
            try remove("a:1", fixture) == [
                "Untagged: a:1", "Deleted: \(image.id)", "Deleted: \(chain[1])",
                "Deleted: \(chain[0])",
            ])
        #expect(try fixture.files().isEmpty)
        #expect(try fixture.image("a:1") == nil)
    }

    @Test func oneOfTwoNames() throws {
        let (fixture, image) = try loaded(["a:1", "b:2"])
        #expect(try remove("a:1", fixture) == ["Untagged: a:1"])
        #expect(try fixture.listing() == ["b:2"])
        #expect(exists(fixture.store.layerPath(image.diffIDs[0])))
    }

    @Test func sharedLayersStay() throws {
        let (fixture, image) = try loaded(["a:1"])
        var other = sampleImage()
        other.layers[1] = layer([("other", "x")])
        try fixture.load(try other.ociArchive())
        #expect(
            try remove("a:1", fixture) == [
                "Untagged: a:1", "Deleted: \(image.id)",
                "Deleted: \(chainIDs(of: image.diffIDs)[1])",
            ])
        let kept = try #require(try fixture.image("test"))
        #expect(try fixture.text("bin/sh", of: kept) == "lower shell")
        #expect(!exists(fixture.store.layerPath(image.diffIDs[1])))
    }

    @Test func byID() throws {
        let (fixture, image) = try loaded(["a:1"])
        #expect(try remove(image.id.short, fixture).first == "Untagged: a:1")
        #expect(try fixture.listing().isEmpty)
    }

    @Test func byIDWithSeveralRepositories() throws {
        let (fixture, image) = try loaded(["a:1", "b:2"])
        #expect(
            refusal { try remove(image.id.hex, fixture) }
                == "conflict: unable to delete \(image.id.short) (must be forced)"
                + " - image is referenced in multiple repositories")
        #expect(
            try remove("sha256:\(image.id.hex)", fixture, force: true).prefix(2)
                == ["Untagged: a:1", "Untagged: b:2"])
        #expect(try fixture.files().isEmpty)
    }

    @Test(arguments: [false, true])
    func usedByContainer(_ isRunning: Bool) throws {
        let (fixture, image) = try loaded(["a:1"])
        let users = [ImageUser(id: container, isRunning: isRunning)]
        #expect(
            refusal { try remove("a:1", fixture, users: users) }
                == "conflict: unable to remove repository reference \"a:1\" (must force)"
                + " - container cccccccccccc is using its referenced image \(image.id.short)")
        #expect(
            refusal { try remove(image.id.short, fixture, force: isRunning, users: users) }
                == "conflict: unable to delete \(image.id.short)"
                + (isRunning
                    ? " (cannot be forced) - image is being used by running container"
                    : " (must be forced) - image is being used by stopped container")
                + " cccccccccccc")
    }

    /// The container lives on: its image has no name any more, its layers stay until it goes.
    @Test func forcedUnderStoppedContainer() throws {
        let (fixture, image) = try loaded(["a:1"])
        let users = [ImageUser(id: container, isRunning: false)]
        #expect(
            try remove("a:1", fixture, force: true, users: users).prefix(2)
                == ["Untagged: a:1", "Deleted: \(image.id)"])
        #expect(try fixture.listing().isEmpty)
        #expect(try fixture.image(image.id.hex) == nil)
        #expect(try fixture.store.image(id: image.id, in: fixture.database) == image)
        #expect(try fixture.text("bin/sh", of: image) == "upper shell")
        try fixture.store.collectGarbage(in: fixture.database) { _ in true }
        #expect(try fixture.text("bin/sh", of: image) == "upper shell")
        try fixture.store.collectGarbage(in: fixture.database) { _ in false }
        #expect(try fixture.files().isEmpty)
    }

    @Test func forcedUnderRunningContainer() throws {
        let (fixture, _) = try loaded(["a:1"])
        let users = [ImageUser(id: container, isRunning: true)]
        #expect(try remove("a:1", fixture, force: true, users: users) == ["Untagged: a:1"])
        #expect(try fixture.listing() == ["<none>"])
    }

    @Test(arguments: [
        ("nosuch", "No such image: nosuch:latest"), ("a", "No such image: a:latest"),
        ("0123456789ab", "No such image: 0123456789ab:latest"),
        (
            "Bad", "invalid reference format: repository name (library/Bad) must be lowercase"
        ),
    ])
    func unknown(_ name: String, _ message: String) throws {
        let (fixture, _) = try loaded(["a:1"])
        #expect(refusal { try remove(name, fixture) } == message)
    }

    @Test func tags() throws {
        let (fixture, image) = try loaded(["a:1"])
        try fixture.store.tag(image.id.short, as: "localhost:5000/x", in: fixture.database)
        #expect(try fixture.image("localhost:5000/x:latest") == image)
        #expect(
            refusal {
                try fixture.store.tag("no", as: "b", in: fixture.database); return []
            }
                == "No such image: no:latest")
        let digest = "b@\(image.id)"
        #expect(
            refusal {
                try fixture.store.tag("a:1", as: digest, in: fixture.database); return []
            }
                == "refusing to create a tag with a digest reference")
    }

    @Test func lookup() throws {
        let (fixture, image) = try loaded(["a:1"])
        for name in [
            image.id.hex, image.id.description, image.id.short, String(image.id.hex.prefix(1)),
        ] {
            #expect(try fixture.image(name) == image)
        }
        // A name beats the beginning of an ID.
        var other = sampleImage()
        other.command = ["other"]
        other.name = String(image.id.hex.prefix(4))
        let named = try fixture.load(try other.ociArchive()).first?.image
        #expect(try fixture.image(String(image.id.hex.prefix(4))) == named)
    }
}
