// SPDX-License-Identifier: Apache-2.0

import Archive
import ArchiveFixtures
import Glibc
import Images
import Linux
import OCI
import Testing

@Suite(.enabled(if: isRoot, "owners and devices need root"))
struct LoadTests {
    static let all: [Compression] = [.none, .gzip, .zstd, .xz, .bzip2]

    /// How an archive is laid out.
    enum Form: CaseIterable { case oci, docker }

    @Test(arguments: Form.allCases, all)
    func compressedLayers(_ form: Form, _ compression: Compression) throws {
        let fixture = try StoreFixture()
        var builder = sampleImage()
        builder.compression = compression
        let archive = try form == .oci ? builder.ociArchive() : builder.dockerArchive()
        try expectSample(try fixture.load(archive), builder, in: fixture)
    }

    @Test(arguments: Form.allCases, all.dropFirst())
    func compressedArchive(_ form: Form, _ compression: Compression) throws {
        let fixture = try StoreFixture()
        let builder = sampleImage()
        let archive = try form == .oci ? builder.ociArchive() : builder.dockerArchive()
        try expectSample(
            try fixture.load(compressed(archive, compression)), builder, in: fixture)
    }

    private func expectSample(
        _ loaded: [LoadedImage], _ builder: ImageBuilder, in fixture: StoreFixture
    ) throws {
        #expect(loaded.map(\.references) == [[try Reference(parsing: "test:latest")]])
        let image = try #require(try fixture.image("test"))
        #expect(image.id == Digest(of: try builder.configuration()))
        #expect(image == loaded.first?.image)
        #expect(try image.configuration().config?.command == ["sh"])
        #expect(image.created == nanosecondsSinceEpoch(rfc3339: "2024-02-03T04:05:06Z"))
        #expect(image.size == 27)
        #expect(try fixture.text("bin/sh", of: image) == "upper shell")
        #expect(try names(in: fixture.store.ingestForTests).isEmpty)
        for blob in [image.id, image.manifest] {
            #expect(Digest(of: try contents(of: fixture.store.blobPath(blob))) == blob)
        }
        let manifest = try Manifest(json: contents(of: fixture.store.blobPath(image.manifest)))
        for layer in manifest.layers {
            let blob = try contents(of: fixture.store.blobPath(layer.digest))
            #expect(Digest(of: blob) == layer.digest && Int64(blob.count) == layer.size)
        }
    }

    @Test func layoutDirectory() throws {
        let fixture = try StoreFixture()
        let builder = sampleImage()
        for (path, content) in try builder.layoutFiles() {
            try fixture.directory.write(content, to: "layout/\(path)")
        }
        let loaded = try fixture.store.load(
            .path("\(fixture.directory.path)/layout"), into: fixture.database, workers: 0)
        try expectSample(loaded, builder, in: fixture)
    }

    @Test(arguments: [true, false])
    func descriptor(_ isPipe: Bool) throws {
        let fixture = try StoreFixture()
        let builder = sampleImage()
        let archive = try builder.ociArchive()
        let loaded: [LoadedImage]
        if isPipe {
            let pipe = try DescriptorPair.pipe()
            #expect(archive.count < 65_536)  // what a pipe holds
            try pipe.second.writeAll(archive)
            let input = try pipe.first.duplicate()
            _ = consume pipe
            loaded = try fixture.store.load(
                .descriptor(input.raw), into: fixture.database, workers: 0)
        } else {
            // Read from where it stands.
            let path = try fixture.directory.write(Array("junk".utf8) + archive, to: "archive")
            let file = try OwnedFD.open(path)
            lseek(file.raw, 4, SEEK_SET)
            loaded = try fixture.store.load(
                .descriptor(file.raw), into: fixture.database, workers: 0)
        }
        try expectSample(loaded, builder, in: fixture)
    }

    @Test func sharedLayersInDockerArchive() throws {
        let fixture = try StoreFixture()
        let shared = layer([("a", "1")])
        let builder = ImageBuilder(layers: [shared, layer([("b", "2")]), shared])
        let loaded = try fixture.load(try builder.dockerArchive(linked: true))
        #expect(loaded.first?.image.diffIDs.count == 3)
        #expect(try names(in: "\(fixture.store.root)/layers").count == 2)
    }

    @Test(arguments: [true, false])
    func platforms(_ nested: Bool) throws {
        let archive: [UInt8]
        do {
            var images = ["amd64", "arm64", "s390x"].map {
                var image = ImageBuilder(layers: [layer([("arch", $0)])])
                image.platform = Platform(os: "linux", architecture: $0)
                return image
            }
            archive = try images.removeFirst().ociArchive(with: images, nested: nested)
        }
        for architecture in ["amd64", "arm64", "s390x"] {
            let fixture = try StoreFixture()
            let loaded = try fixture.load(
                archive, platform: Platform(os: "linux", architecture: architecture))
            let image = try #require(loaded.first?.image)
            #expect(loaded.count == 1)
            #expect(try fixture.text("arch", of: image) == architecture)
        }
        let fixture = try StoreFixture()
        #expect(
            try fixture.refusal(archive, platform: Platform(os: "linux", architecture: "riscv64"))
                == "test:latest: no image for platform linux/riscv64 in the archive")
    }

    @Test func severalImagesAndNames() throws {
        let fixture = try StoreFixture()
        var (one, same, other, nameless) = (
            sampleImage(), sampleImage(), sampleImage(), sampleImage()
        )
        same.name = "quay.io/a/b:2"
        other.name = "other"
        other.command = ["other"]
        nameless.name = nil
        nameless.command = ["nameless"]
        one.name = "one:1"
        let loaded = try fixture.load(try one.ociArchive(with: [same, other, nameless]))
        #expect(
            loaded.map { $0.references.map(\.familiar) } == [
                ["one:1", "quay.io/a/b:2"], ["other:latest"], [],
            ])
        #expect(try Set(fixture.listing()) == ["one:1", "quay.io/a/b:2", "other:latest", "<none>"])
        #expect(try names(in: "\(fixture.store.root)/layers").count == 2)
    }

    @Test func loadingAgain() throws {
        let fixture = try StoreFixture()
        var builder = sampleImage()
        let first = try fixture.load(try builder.ociArchive())
        #expect(try fixture.load(try builder.ociArchive()) == first)
        #expect(try fixture.listing() == ["test:latest"])
        builder.command = ["new"]
        try fixture.load(try builder.ociArchive())
        #expect(try Set(fixture.listing()) == ["test:latest", "<none>"])
        #expect(try fixture.image("test")?.configuration().config?.command == ["new"])
    }

    @Test func noLayers() throws {
        let fixture = try StoreFixture()
        let image = try fixture.load(try ImageBuilder(layers: []).ociArchive()).first?.image
        #expect(image?.diffIDs == [] && image?.size == 0)
    }

    @Test func emptyLayers() throws {
        let fixture = try StoreFixture()
        let builder = ImageBuilder(layers: [TarBuilder().finished()])
        #expect(try fixture.load(try builder.ociArchive()).count == 1)
    }

    @Test func progress() throws {
        let fixture = try StoreFixture()
        let path = try fixture.directory.write(try sampleImage().ociArchive(), to: "archive")
        var last: LoadProgress?
        _ = try fixture.store.load(.path(path), into: fixture.database, workers: 0) { last = $0 }
        #expect(last.map { $0.done == $0.total && $0.total > 0 } == true)
    }

    @Test func bundledArchives() throws {
        let directory = try TemporaryDirectory()
        try directory.write([], to: "busybox.tar")
        func found(_ name: String) throws -> String? {
            ImageStore.bundledArchive(
                for: try Reference(parsing: name), in: ["/nonexistent", directory.path])
        }
        for name in ["busybox", "busybox:latest", "docker.io/library/busybox"] {
            #expect(try found(name) == "\(directory.path)/busybox.tar")
        }
        for name in ["busybox:1", "quay.io/busybox", "a/busybox", "other", "library/x/busybox"] {
            #expect(try found(name) == nil)
        }
    }
}

extension ImageStore {
    var ingestForTests: String { "\(root)/content/ingest" }
}
