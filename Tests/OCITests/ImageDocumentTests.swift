// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

struct ImageDocumentTests {
    static let hex = String(repeating: "0123456789abcdef", count: 4)

    @Test(arguments: [
        "", "sha256", "sha256:", "sha256:12", "md5:\(hex)", "sha512:\(hex)\(hex)",
        "sha256:\(hex)0", "sha256:" + hex.uppercased(), "sha256:../../\(hex.dropFirst(6))",
    ])
    func refusesDigest(_ text: String) {
        #expect(throws: DigestError.self) { try Digest(parsing: text) }
    }

    @Test func digest() throws {
        let digest = try Digest(parsing: "sha256:\(Self.hex)")
        #expect(digest.short == "0123456789ab")
        #expect(try Digest(json: digest.json()) == digest)
    }

    @Test(arguments: [
        ("application/vnd.oci.image.layer.v1.tar", true),
        ("application/vnd.oci.image.layer.v1.tar+gzip", true),
        ("application/vnd.oci.image.layer.v1.tar+zstd", true),
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", true),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", true),
        ("application/vnd.oci.image.layer.v1.tar+brotli", false),
        ("application/vnd.oci.image.layer.v1.tarball", false),
        ("application/vnd.in-toto+json", false), ("", false),
    ])
    func layerTypes(_ text: String, _ isLayer: Bool) {
        #expect(MediaType(rawValue: text).isLayer == isLayer)
    }

    static let descriptor =
        #"{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:\#(hex)","size":2}"#

    @Test func manifest() throws {
        let text =
            #"{"schemaVersion":2,"config":\#(Self.descriptor),"layers":[],"annotations":null}"#
        let document = try ManifestDocument(json: Array(text.utf8), expected: .ociManifest)
        guard case .manifest(let manifest) = document else {
            Issue.record("not a manifest")
            return
        }
        #expect(manifest.config.size == 2 && manifest.layers.isEmpty)
    }

    @Test(arguments: [
        #"{"schemaVersion":2,"config":\#(descriptor),"layers":[],"manifests":[]}"#,
        #"{"schemaVersion":2,"layers":[],"manifests":[]}"#,
        #"{"schemaVersion":2}"#,
        #"{"schemaVersion":1,"config":\#(descriptor),"layers":[]}"#,
        #"{"schemaVersion":2,"manifests":[]}"#,  // a manifest was asked for
        #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","config":\#(descriptor),"layers":[]}"#,
        #"{"schemaVersion":2,"config":{"mediaType":"x","digest":"sha512:00","size":2},"layers":[]}"#,
        "[]", "{",
    ])
    func refusesManifest(_ text: String) {
        #expect(throws: (any Error).self) {
            try ManifestDocument(json: Array(text.utf8), expected: .ociManifest)
        }
    }

    @Test func configuration() throws {
        let text = """
            {"created":"2024-01-02T03:04:05Z","architecture":"amd64","os":"linux","config":{\
            "User":"1:2","ExposedPorts":{"80/tcp":{}},"Env":["A=b"],"Cmd":["sh"],"Volumes":null,\
            "WorkingDir":"/w","Labels":{"k":"v"},"StopSignal":"SIGINT","ArgsEscaped":true,\
            "Healthcheck":{"Test":["CMD","true"],"Interval":1000000000},"Shell":["/bin/sh"],\
            "OnBuild":null,"Entrypoint":null},"rootfs":{"type":"layers","diff_ids":["sha256:\(Self.hex)"]},\
            "history":[{"created_by":"x","empty_layer":true}]}
            """
        let image = try ImageConfiguration(json: Array(text.utf8))
        #expect(image.platform == Platform(os: "linux", architecture: "amd64"))
        #expect(image.config?.user == "1:2" && image.config?.command == ["sh"])
        #expect(image.config?.entrypoint == nil)
        #expect(image.config.map { Array($0.exposedPorts.keys) } == ["80/tcp"])
        #expect(image.config?.healthcheck?.interval == 1_000_000_000)
        #expect(image.history.first?.emptyLayer == true)
        #expect(try ImageConfiguration(json: image.json()) == image)
    }

    @Test(arguments: [
        ("linux/amd64", "linux/amd64", 0), ("linux/amd64", "linux/386", 10),
        ("linux/amd64", "linux/amd64/v3", nil), ("linux/amd64/v3", "linux/amd64", 2),
        ("linux/amd64", "linux/arm64", nil), ("linux/arm64", "linux/arm64/v8", 0),
        ("linux/arm64", "linux/arm/v7", 11), ("linux/arm/v7", "linux/arm/v6", 1),
        ("linux/arm/v6", "linux/arm/v7", nil), ("linux/amd64", "windows/amd64", nil),
        ("linux/riscv64", "linux/riscv64", 0),
    ])
    func platforms(_ host: String, _ image: String, _ rank: Int?) throws {
        let (host, image) = (
            try #require(Platform(parsing: host)), try #require(Platform(parsing: image))
        )
        #expect(host.rank(of: image) == rank)
    }

    @Test(arguments: [
        ("x86_64", "linux/amd64"), ("linux/aarch64", "linux/arm64"), ("armhf", "linux/arm/v7"),
        ("LINUX/ARM/V6", "linux/arm/v6"), ("linux/", nil), ("a/b/c/d", nil), ("li nux/x", nil),
    ])
    func platformForms(_ text: String, _ shown: String?) {
        #expect(Platform(parsing: text)?.description == shown)
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2024-02-29T12:34:56.789Z", 1_709_210_096_789_000_000),
        ("2000-03-01T00:00:00+02:00", 951_861_600_000_000_000),
        ("1969-12-31T23:59:59.5Z", -500_000_000), ("2024-02-29", nil), ("", nil),
        ("2024-13-01T00:00:00Z", nil), ("2024-01-01T00:00:00", nil),
        ("9999-01-01T00:00:00Z", nil),
    ])
    func timestamps(_ text: String, _ nanoseconds: Int64?) {
        #expect(nanosecondsSinceEpoch(rfc3339: text) == nanoseconds)
    }

    @Test func quoting() {
        #expect(quoted("a\u{1B}[2J\"\n") == #""a\x1b[2J\"\x0a""#)
        #expect(quoted(String(repeating: "x", count: 500)).utf8.count < 140)
    }
}
