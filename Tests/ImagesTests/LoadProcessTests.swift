// SPDX-License-Identifier: Apache-2.0

import ArchiveFixtures
import Glibc
import Images
import Linux
import OCI
import Testing

/// Loads in processes of their own: with workers, beside each other, killed at any moment.
@Suite(.enabled(if: isRoot, "owners and devices need root"), .serialized)
struct LoadProcessTests {
    /// Many small files, so that a load takes its time.
    private static func largeImage(layers: Int = 3, files: Int = 300) -> ImageBuilder {
        ImageBuilder(
            layers: (0..<layers).map { number in
                layer(
                    (0..<files).map {
                        (
                            "layer\(number)/\($0 % 7)/file\($0)",
                            String(repeating: "\($0) ", count: 500)
                        )
                    })
            })
    }

    private func start(_ fixture: StoreFixture, _ archive: String) throws -> pid_t {
        let program = CommandLine.arguments[0].split(separator: "/").dropLast()
        let directory = "/" + program.joined(separator: "/")
        let candidates = [directory, "\(directory)/../..", "\(directory)/../../.."].map {
            "\($0)/load-image"
        }
        let path = try #require(candidates.first(where: exists))
        return try spawn([path, fixture.store.root, archive])
    }

    private func expectWhole(_ fixture: StoreFixture, _ builder: ImageBuilder) throws {
        let image = try #require(try fixture.image("test"))
        for (number, directory) in fixture.store.layerDirectories(of: image).reversed().enumerated()
        {
            #expect(try names(in: "\(directory)/layer\(number)/3").count > 40)
        }
        #expect(try names(in: "\(fixture.store.root)/layers").count == builder.layers.count)
        #expect(try names(in: fixture.store.ingestForTests).isEmpty)
    }

    @Test func workers() throws {
        let fixture = try StoreFixture()
        let builder = Self.largeImage()
        let archive = try fixture.directory.write(try builder.ociArchive(), to: "archive")
        #expect(wait(for: try start(fixture, archive)) == 0)
        try expectWhole(fixture, builder)
    }

    @Test func failingWorkerStopsTheLoad() throws {
        let fixture = try StoreFixture()
        var builder = Self.largeImage()
        builder.layers[2] = layer([("../../escape", "x")])
        let archive = try fixture.directory.write(try builder.ociArchive(), to: "archive")
        #expect(wait(for: try start(fixture, archive)) == 1 << 8)
        try fixture.store.collectGarbage(in: fixture.database) { _ in false }
        #expect(try fixture.files().isEmpty)
    }

    @Test func besideEachOther() throws {
        let fixture = try StoreFixture()
        let builder = Self.largeImage()
        let archive = try fixture.directory.write(try builder.ociArchive(), to: "archive")
        let loads = try (0..<6).map { _ in try start(fixture, archive) }
        for load in loads { #expect(wait(for: load) == 0) }
        try expectWhole(fixture, builder)
    }

    @Test(arguments: [1, 20, 60, 120, 200, 300, 450, 600])
    func killed(_ milliseconds: UInt32) throws {
        let fixture = try StoreFixture()
        let builder = Self.largeImage()
        let archive = try fixture.directory.write(try builder.ociArchive(), to: "archive")
        let load = try start(fixture, archive)
        usleep(milliseconds * 1000)
        kill(load, SIGKILL)
        _ = wait(for: load)
        if try fixture.image("test") == nil {
            // The workers die with their parent; then the next load removes what they left.
            usleep(50_000)
            try fixture.store.collectGarbage(in: fixture.database) { _ in false }
            #expect(try fixture.files().isEmpty)
        }
        #expect(wait(for: try start(fixture, archive)) == 0)
        try expectWhole(fixture, builder)
    }
}
