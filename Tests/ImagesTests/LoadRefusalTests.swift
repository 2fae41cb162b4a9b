// SPDX-License-Identifier: Apache-2.0

import Archive
import ArchiveFixtures
import Glibc
import Images
import Linux
import OCI
import Testing

/// Archives that lie, stop short or try to escape: one clear line, and nothing left.
@Suite(.enabled(if: isRoot, "owners and devices need root"))
struct LoadRefusalTests {
    private func refusal(
        _ change: (inout ImageBuilder) throws -> Void
    ) throws -> String {
        var builder = sampleImage()
        try change(&builder)
        return try StoreFixture().refusal(try builder.ociArchive())
    }

    @Test(arguments: [Compression.none, .gzip])
    func tamperedLayer(_ compression: Compression) throws {
        let text = try refusal { builder in
            builder.compression = compression
            let blob = builder.blobs[0]
            var other = ImageBuilder(layers: [
                layer([("bin/sh", "LOWER shell"), ("etc/motd", "hello")])
            ])
            other.compression = compression
            builder.tampered[Digest(of: blob)] = other.blobs[0]
        }
        #expect(text.contains("digest mismatch") || text.contains("size mismatch"))
    }

    @Test func changedByte() throws {
        let text = try refusal { builder in
            var blob = builder.blobs[0]
            blob[600] ^= 1
            builder.tampered[Digest(of: builder.blobs[0])] = blob
        }
        #expect(text.contains("digest mismatch"))
    }

    @Test func wrongSize() throws {
        let text = try refusal { builder in
            builder.tampered[Digest(of: builder.blobs[0])] = builder.blobs[0] + [0]
        }
        #expect(text.contains("size mismatch"))
    }

    @Test func wrongDiffID() throws {
        let text = try refusal { builder in
            builder.diffIDs = builder.layers.reversed().map { Digest(of: $0) }
        }
        #expect(text.contains("unpacked digest mismatch"))
    }

    @Test(arguments: ["configuration", "manifest"])
    func tamperedDocument(_ which: String) throws {
        let text = try refusal { builder in
            var document =
                try which == "manifest" ? builder.manifest() : builder.configuration()
            let digest = Digest(of: document)
            document[document.count - 1] = UInt8(ascii: " ")
            builder.tampered[digest] = document
        }
        #expect(text.contains(which) && text.contains("digest mismatch"))
    }

    @Test(arguments: ["configuration", "manifest", "layer"])
    func missingBlob(_ which: String) throws {
        let text = try refusal { builder in
            let digest: Digest =
                switch which {
                case "configuration": Digest(of: try builder.configuration())
                case "manifest": Digest(of: try builder.manifest())
                default: Digest(of: builder.blobs[1])
                }
            builder.tampered[digest] = .some(nil)
        }
        #expect(text.contains(which) && text.hasSuffix("is missing"))
    }

    @Test func wrongMediaType() throws {
        let text = try refusal { $0.layerType = MediaType(rawValue: "application/x-evil\u{1B}") }
        #expect(text.contains(#"unsupported media type "application/x-evil\x1b""#))
    }

    @Test func bothManifestAndIndex() throws {
        let text = try refusal { $0.manifestExtras = ["manifests": []] }
        #expect(text.hasSuffix("the document is both a manifest and an index"))
    }

    @Test func unknownLayerCompression() throws {
        let text = try refusal { $0.layers[0] = [0x04, 0x22, 0x4D, 0x18, 0, 0, 0] }
        #expect(text.contains("unknown archive format or compression"))
    }

    @Test func layerCount() throws {
        let text = try refusal { $0.diffIDs = [Digest(of: $0.layers[0])] }
        #expect(text.contains("2 layers, but its configuration lists 1"))
    }

    @Test func tooManyLayers() throws {
        let text = try refusal { $0.layers = Array(repeating: layer([("a", "b")]), count: 501) }
        #expect(text.contains("more than 500 layers"))
    }

    @Test func badName() throws {
        let text = try refusal { $0.name = "Not A Name" }
        #expect(text.contains("invalid reference format"))
    }

    @Test(arguments: ["../../../../../../etc/swocker-escape", "a/../../x", "../escape"])
    func escapingLayer(_ path: String) throws {
        let text = try refusal { $0.layers[1] = layer([(path, "x")]) }
        #expect(text.contains("path leaves the archive's root"))
        #expect(!exists("/etc/swocker-escape"))
    }

    @Test(arguments: [0, 1, 511, 512, 700, 5000])
    func truncated(_ count: Int) throws {
        let archive = try sampleImage().ociArchive()
        #expect(try !StoreFixture().refusal(Array(archive.prefix(count))).isEmpty)
        let packed = compressed(archive, .gzip)
        #expect(
            try !StoreFixture().refusal(Array(packed.prefix(min(count, packed.count - 20)))).isEmpty
        )
    }

    @Test func outerPathsThatLeave() throws {
        var tar = TarBuilder()
        tar.add("../oci-layout", .file, "{}")
        #expect(
            try StoreFixture().refusal(tar.finished())
                == #"path leaves the archive: "../oci-layout""#)
    }

    @Test(arguments: ["[{\"Config\":\"../x.json\",\"Layers\":[]}]", "{}", "[", "[{\"Layers\":[]}]"])
    func dockerManifest(_ text: String) throws {
        var tar = TarBuilder()
        tar.add("manifest.json", .file, text)
        #expect(try !StoreFixture().refusal(tar.finished()).isEmpty)
    }

    @Test func linksThatLoop() throws {
        var tar = TarBuilder()
        tar.add("manifest.json", .symlink, link: "b")
        tar.add("b", .symlink, link: "manifest.json")
        #expect(try StoreFixture().refusal(tar.finished()).contains("too many links"))
    }

    @Test func notAnImage() throws {
        #expect(
            try StoreFixture().refusal(layer([("file", "x")]))
                == "not an image archive: neither oci-layout nor manifest.json is in it")
    }

    /// Directories given as archive are read without leaving them.
    @Test func layoutLinksThatLeave() throws {
        let fixture = try StoreFixture()
        try fixture.directory.write(try ImageLayout().json().bytes(), to: "layout/real-marker")
        try fixture.directory.write(Array("{}".utf8), to: "outside.json")
        let layout = "\(fixture.directory.path)/layout"
        for (link, target) in [("oci-layout", "real-marker"), ("index.json", "../outside.json")] {
            #expect(symlink(target, "\(layout)/\(link)") == 0)
        }
        #expect(throws: KernelError.self) {
            try fixture.store.load(.path(layout), into: fixture.database, workers: 0)
        }
    }
}
