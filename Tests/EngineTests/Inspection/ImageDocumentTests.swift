// SPDX-License-Identifier: Apache-2.0

import Images
import OCI
import Testing

@testable import Engine

struct ImageDocumentTests {
    private static func filled() throws -> RecordFixture { try ContainerListingTests.filled() }

    /// Every member in Docker's order; what the image does not say is Go's zero value.
    @Test func document() throws {
        let fixture = try Self.filled()
        let image = try fixture.engine.inspectImage("busybox")
        #expect(
            image.objectValue?.members.map(\.key) == [
                "Id", "RepoTags", "RepoDigests", "Parent", "Comment", "Created", "DockerVersion",
                "Author", "Config", "Architecture", "Os", "Size", "GraphDriver", "RootFS",
                "Metadata",
            ])
        #expect(image["Id"] == .string("\(RecordFixture.image)"))
        #expect(image["RepoTags"] == ["busybox:latest"])
        #expect(image["RepoDigests"] == [.string("mirror/busybox@\(RecordFixture.image)")])
        #expect(
            image["Config"]?.text()
                == #"{"User":"","ExposedPorts":{"80/tcp":{}},"Env":null,"Cmd":["sh"],"#
                + #""Volumes":null,"WorkingDir":"","Entrypoint":null,"OnBuild":null,"#
                + #""Labels":{"a":"1"}}"#)
        #expect(image["RootFS"]?["Layers"]?.arrayValue?.count == 2)
        #expect(image["Metadata"]?["LastTagTime"] == "1970-01-01T00:00:00.000000005Z")
        let layers = RecordFixture.layers.map {
            JSONValue.string("\(fixture.engine.location.root)/layers/\($0.hex)/fs")
        }
        #expect(image["GraphDriver"]?["Data"]?["UpperDir"] == layers[1])
        #expect(image["GraphDriver"]?["Data"]?["LowerDir"] == layers[0])
    }

    @Test func platform() throws {
        let fixture = try Self.filled()
        let fits = try fixture.engine.inspectImage("busybox", platform: Platform(parsing: "amd64"))
        #expect(fits["Architecture"] == "amd64")
        #expect(throws: EngineError.self) {
            try fixture.engine.inspectImage("busybox", platform: Platform(parsing: "s390x"))
        }
    }

    @Test func missing() throws {
        let fixture = try Self.filled()
        let error = #expect(throws: EngineError.self) { try fixture.engine.inspectImage("nope") }
        #expect(error?.description == "No such image: nope:latest")
        #expect(error.map(fixture.engine.isMissing) == true)
    }

    @Test func list() throws {
        let fixture = try Self.filled()
        let listed = try fixture.engine.listImages()
        #expect(listed.map(\.tags) == [["busybox:latest"]])
        #expect(listed.map(\.digests) == [["mirror/busybox@\(RecordFixture.image)"]])
        #expect(listed.map(\.size) == [1000])
    }

    @Test(arguments: [
        ("label=a=1", 1), ("label=b", 0), ("dangling=true", 0), ("reference=busy*", 1),
        ("reference=bus", 0), ("before=busybox", 0),
    ])
    func filters(_ filter: String, _ count: Int) throws {
        let fixture = try Self.filled()
        #expect(try fixture.engine.listImages(Filters(parsing: [filter])).count == count)
    }

    /// A name goes; the last one of an image with containers stays unless forced.
    @Test func removal() throws {
        let fixture = try Self.filled()
        #expect(
            try fixture.engine.removeImage("busybox").map(\.description) == [
                "Untagged: busybox:latest"
            ])
        let name = "mirror/busybox@\(RecordFixture.image)"
        #expect(throws: ImageError.self) { try fixture.engine.removeImage(name) }
        #expect(throws: EngineError.self) {
            try fixture.engine.removeImage(name, force: true, platform: Platform(parsing: "s390x"))
        }
    }
}
