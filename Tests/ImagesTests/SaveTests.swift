// SPDX-License-Identifier: Apache-2.0

import Archive
import ArchiveFixtures
import Glibc
import Images
import Linux
import OCI
import SQLite
import Testing

/// What was saved is loaded again, digest for digest.
@Suite(.enabled(if: isRoot, "owners and devices need root"))
struct SaveTests {
    let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    private func save(_ names: [String], since: String? = nil) throws -> [UInt8] {
        let path = "\(fixture.directory.path)/saved.tar"
        let draft = try DraftFile(path)
        let known = try since.flatMap { try fixture.image($0) }
        let saved = try fixture.store.imagesToSave(names, in: fixture.database)
        try fixture.store.save(saved, since: known, to: draft.raw)
        try draft.publish()
        return try contents(of: path)
    }

    /// Two images: the second stands on the first.
    private func loadTwo(_ compression: Compression) throws {
        var lower = ImageBuilder(layers: [layer([("etc/motd", "lower")])])
        lower.name = "docker.io/library/lower:latest"
        lower.compression = compression
        var upper = ImageBuilder(layers: lower.layers + [layer([("etc/motd", "upper")])])
        upper.name = "docker.io/library/upper:2"
        upper.compression = compression
        try fixture.load(lower.ociArchive())
        try fixture.load(upper.ociArchive())
    }

    @Test(arguments: [Compression.none, .gzip, .zstd])
    func isLoadedAgain(_ compression: Compression) throws {
        try loadTwo(compression)
        try fixture.store.tag("upper:2", as: "example.org/mine", in: fixture.database)
        let archive = try save(["lower", "upper:2", "example.org/mine"])
        #expect(try save(["lower", "upper:2", "example.org/mine"]) == archive)
        let other = try StoreFixture()
        let loaded = try other.load(archive)
        #expect(
            loaded.flatMap(\.references).map(\.familiar) == [
                "lower:latest", "upper:2", "example.org/mine:latest",
            ])
        #expect(try other.image("upper:2") == fixture.image("upper:2"))
        #expect(try other.files() == fixture.files())
    }

    @Test func anIDHasNoName() throws {
        try loadTwo(.none)
        let id = try #require(try fixture.image("lower")).id
        let other = try StoreFixture()
        #expect(try other.load(save([id.short])).map(\.references) == [[]])
        #expect(throws: ImageError.self) { try save(["nosuch"]) }
    }

    @Test func whatTheOtherSideHasIsLeftOut() throws {
        try loadTwo(.gzip)
        let whole = try save(["upper:2"])
        let step = try save(["upper:2"], since: "lower")
        #expect(step.count < whole.count)
        let other = try StoreFixture()
        let refusal = try other.refusal(step)
        #expect(refusal.contains("load that one first"), "\(refusal)")
        try other.load(save(["lower"]))
        try other.load(step)
        #expect(try other.image("upper:2") == fixture.image("upper:2"))
        #expect(try other.text("etc/motd", of: #require(try other.image("upper:2"))) == "upper")
    }

    /// The other side may have the same files out of another blob: the manifest is made anew then.
    @Test func theOtherSideMayHaveAnotherBlob() throws {
        try loadTwo(.gzip)
        let step = try save(["upper:2"], since: "lower")
        let other = try StoreFixture()
        var lower = ImageBuilder(layers: [layer([("etc/motd", "lower")])])
        lower.name = "docker.io/library/lower:latest"
        try other.load(lower.ociArchive())
        try other.load(step)
        let image = try #require(try other.image("upper:2"))
        #expect(try image.id == fixture.image("upper:2")?.id)
        #expect(try image.manifest != fixture.image("upper:2")?.manifest)
        // What it says is here: it can be saved again.
        let path = "\(other.directory.path)/again.tar"
        let draft = try DraftFile(path)
        try other.store.save(
            other.store.imagesToSave(["upper:2"], in: other.database), to: draft.raw)
        try draft.publish()
        #expect(exists(path))
    }

    @Test func historyKnowsItsLayers() throws {
        try loadTwo(.none)
        let steps = try fixture.store.history(of: #require(try fixture.image("upper:2")))
        #expect(steps.map(\.size) == [5, 5])
    }

    @Test func namesByDigestFindWhatWasLoaded() throws {
        try loadTwo(.none)
        let image = try #require(try fixture.image("upper:2"))
        #expect(try fixture.image("upper@\(image.manifest)") == image)
        #expect(try fixture.image("lower@\(image.manifest)") == nil)
        #expect(try fixture.image("upper@\(image.id)") == nil)
    }
}
