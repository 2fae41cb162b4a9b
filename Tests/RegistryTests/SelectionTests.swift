// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import Registry

@Suite struct SelectionTests {
    private func descriptor(_ number: Int, _ platform: String?) throws -> Descriptor {
        let digit = Character(String(number, radix: 16))
        let digest = try #require(Digest(hex: String(repeating: digit, count: 64)))
        return Descriptor(
            mediaType: .ociManifest, digest: digest, size: 1,
            platform: platform.flatMap { Platform(parsing: $0) })
    }

    /// Places of an index, and which of them a platform takes.
    @Test(
        arguments: [
            (["linux/arm64", "linux/amd64"], "linux/amd64", 1),
            (["linux/arm/v6", "linux/arm/v7", "linux/arm/v5"], "linux/arm/v7", 1),
            (["linux/arm/v6", "linux/arm/v5"], "linux/arm/v7", 0),
            (["linux/arm/v8", "linux/arm/v7"], "linux/arm/v7", 1),
            (["windows/amd64"], "linux/amd64", nil), ([nil, "linux/amd64"], "linux/amd64", 1),
            ([nil], "linux/amd64", 0), (["unknown/unknown", nil], "linux/amd64", 1),
            (["linux/386", "linux/amd64"], "linux/amd64", 1), (["linux/386"], "linux/amd64", 0),
            ([], "linux/amd64", nil),
        ] as [([String?], String, Int?)])
    func choice(_ platforms: [String?], _ wanted: String, _ place: Int?) throws {
        let descriptors = try platforms.enumerated().map { try descriptor($0, $1) }
        let wanted = try #require(Platform(parsing: wanted))
        let best = ManifestSelection.best(of: Index(manifests: descriptors), for: wanted)
        #expect(best?.digest == place.map { descriptors[$0].digest })
    }

    @Test(
        arguments: [
            (1, nil, 0.25), (2, nil, 0.5), (4, nil, 2), (5, nil, nil), (1, "3", 3),
            (1, "86400", nil),
            (1, "Thu, 01 Jan 1970 00:01:10 GMT", 10), (1, "nonsense", 0.25), (5, "1", nil),
        ] as [(Int, String?, Double?)])
    func retries(_ failures: Int, _ header: String?, _ delay: Double?) {
        let policy = RetryPolicy(patience: Patience { _ in nil })
        #expect(
            policy.delay(failures: failures, retryAfter: header, now: 60, chance: 0.5) == delay)
    }

    @Test(arguments: [
        (429, true), (500, true), (503, true), (501, false), (404, false), (401, false),
    ])
    func passing(_ status: Int, _ expected: Bool) {
        #expect(RetryPolicy.isPassing(status) == expected)
    }

    @Test(
        arguments: [
            ("application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.index.v1+json"),
            ("application/json; charset=utf-8", nil), (nil, nil),
        ] as [(String?, String?)])
    func contentTypes(_ header: String?, _ type: String?) throws {
        #expect(try RegistryClient.mediaType(header)?.rawValue == type)
    }

    @Test(arguments: ["text/html", "application/vnd.docker.distribution.manifest.v1+prettyjws"])
    func otherContentTypes(_ header: String) {
        #expect(throws: RegistryError.self) { try RegistryClient.mediaType(header) }
    }

    @Test func errorDocuments() {
        let json =
            #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest\u001b[31m unknown"}]}"#
        #expect(ErrorDocument(Array(json.utf8)).text == "manifest unknown: manifest [31m unknown")
        #expect(ErrorDocument(Array("<html>".utf8)).text == "")
    }
}
