// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

struct ReferenceTests {
    static let hex = String(repeating: "0123456789abcdef", count: 4)

    @Test(arguments: [
        ("busybox", "docker.io/library/busybox", "busybox"),
        ("busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36"),
        ("library/busybox", "docker.io/library/busybox", "busybox"),
        ("docker.io/busybox", "docker.io/library/busybox", "busybox"),
        ("index.docker.io/library/busybox:x", "docker.io/library/busybox:x", "busybox:x"),
        ("someone/thing", "docker.io/someone/thing", "someone/thing"),
        ("library/a/b", "docker.io/library/a/b", "library/a/b"),
        ("localhost/x", "localhost/x", "localhost/x"),
        ("localhost:5000/x/y:t", "localhost:5000/x/y:t", "localhost:5000/x/y:t"),
        ("quay.io/a/b_c__d-e--f.g", "quay.io/a/b_c__d-e--f.g", "quay.io/a/b_c__d-e--f.g"),
        ("Host/x", "Host/x", "Host/x"),
        ("[::1]:5000/x", "[::1]:5000/x", "[::1]:5000/x"),
        ("127.0.0.1/x:_T.-", "127.0.0.1/x:_T.-", "127.0.0.1/x:_T.-"),
        ("sha256:abc", "docker.io/library/sha256:abc", "sha256:abc"),
        (
            "x:t@sha256:\(hex)", "docker.io/library/x:t@sha256:\(hex)", "x:t@sha256:\(hex)"
        ),
    ])
    func forms(_ text: String, _ canonical: String, _ familiar: String) throws {
        let reference = try Reference(parsing: text)
        #expect(reference.canonical == canonical)
        #expect(reference.familiar == familiar)
        #expect(try Reference(parsing: familiar) == reference)
        #expect(try Reference(parsing: canonical) == reference)
    }

    @Test(arguments: [
        ("x", "x:latest"), ("x:1", "x:1"), ("x@sha256:\(hex)", "x@sha256:\(hex)"),
    ])
    func tagged(_ text: String, _ tagged: String) throws {
        #expect(try Reference(parsing: text).tagged.familiar == tagged)
    }

    @Test(arguments: [
        ("", "invalid reference format"), (":tag", "invalid reference format"),
        ("x:", "invalid reference format"), ("x:-t", "invalid reference format"),
        ("x y", "invalid reference format"), ("a//b", "invalid reference format"),
        ("a/", "invalid reference format"), ("-a", "invalid reference format"),
        ("a-", "invalid reference format"), ("a..b", "invalid reference format"),
        ("a___b", "invalid reference format"), ("a._b", "invalid reference format"),
        ("http://x/y", "invalid reference format"), ("x@", "invalid reference format"),
        ("x@sha256:12", "invalid reference format"), ("x:a:b", "invalid reference format"),
        ("host.:x/y", "invalid reference format"), ("-h.com/y", "invalid reference format"),
        ("x\n", "invalid reference format"), ("../x", "invalid reference format"),
        (
            "BadName",
            "invalid reference format: repository name (library/BadName) must be lowercase"
        ),
        (
            "a.b/Bad:t", "invalid reference format: repository name (Bad) must be lowercase"
        ),
        (
            hex,
            "invalid repository name (\(hex)), cannot specify 64-byte hexadecimal strings"
        ),
        (
            "x@sha512:\(hex)\(hex)",
            "unsupported digest algorithm \"sha512\": only sha256 is known"
        ),
    ])
    func refuses(_ text: String, _ message: String) {
        let error = #expect(throws: ReferenceError.self) { try Reference(parsing: text) }
        #expect(error?.description == message)
    }

    @Test func lengths() throws {
        let longest = String(repeating: "a", count: 255 - 8)
        #expect(throws: Never.self) { try Reference(parsing: longest) }
        #expect(throws: ReferenceError.tooLong) { try Reference(parsing: longest + "a") }
        let tag = String(repeating: "t", count: 128)
        #expect(throws: Never.self) { try Reference(parsing: "x:\(tag)") }
        #expect(throws: ReferenceError.invalidFormat) { try Reference(parsing: "x:\(tag)t") }
    }
}
