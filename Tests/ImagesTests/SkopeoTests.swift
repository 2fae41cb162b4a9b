// SPDX-License-Identifier: Apache-2.0

import Archive
import ArchiveFixtures
import Glibc
import Images
import Linux
import OCI
import Testing

/// Archives that another program made, where it is installed.
@Suite(
    .enabled(if: isRoot, "owners and devices need root"),
    .enabled(if: exists("/usr/bin/skopeo"), "skopeo is not installed"))
struct SkopeoTests {
    @Test(arguments: [
        ["docker-archive:OUT:test:latest"], ["oci-archive:OUT:test:latest"],
        ["--dest-oci-accept-uncompressed-layers", "oci-archive:OUT:test:latest"],
        ["--dest-compress-format=zstd", "--dest-compress", "oci:OUT:test:latest"],
        ["--format=v2s2", "oci:OUT:test:latest"],
    ])
    func archives(_ destination: [String]) throws {
        let fixture = try StoreFixture()
        let builder = sampleImage()
        for (path, content) in try builder.layoutFiles() {
            try fixture.directory.write(content, to: "layout/\(path)")
        }
        let output = "\(fixture.directory.path)/output"
        let words = destination.map { word in
            word.split(separator: ":", omittingEmptySubsequences: false)
                .map { $0 == "OUT" ? output : String($0) }.joined(separator: ":")
        }
        let status = try run(
            ["/usr/bin/skopeo", "--insecure-policy", "copy", "--quiet"] + words.dropLast()
                + ["oci:\(fixture.directory.path)/layout", words.last ?? ""])
        #expect(status == 0)
        let loaded = try fixture.store.load(.path(output), into: fixture.database, workers: 0)
        #expect(loaded.first?.references.map(\.familiar) == ["test:latest"])
        let image = try #require(try fixture.image("test"))
        #expect(image.diffIDs == builder.layers.map { Digest(of: $0) })
        #expect(try fixture.text("bin/sh", of: image) == "upper shell")
    }
}
