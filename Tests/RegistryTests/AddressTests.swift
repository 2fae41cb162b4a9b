// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Registry

@Suite struct AddressTests {
    @Test(arguments: [
        ("https://Registry.Example/v2/", "https://registry.example/v2/"),
        ("http://localhost:5000", "http://localhost:5000/"),
        ("https://a:443/x?y=z#f", "https://a/x?y=z"),
        ("http://[::1]:5000/v2/", "http://[::1]:5000/v2/"),
        ("https://a?service=b", "https://a/?service=b"),
    ])
    func parses(_ text: String, as shown: String) {
        #expect(WebAddress(parsing: text)?.description == shown)
    }

    @Test(arguments: [
        "ftp://a/", "file:///etc/passwd", "a/b", "https://", "https://user@a/", "https://a:0/",
        "https://a:70000/", "https://a b/", "https://a\r\nX: y/", "https://a\\b/", "https://[::1/",
    ])
    func refuses(_ text: String) { #expect(WebAddress(parsing: text) == nil) }

    @Test(arguments: [
        ("/v2/x", "https://a:5000/v2/x"), ("//b/c", "https://b/c"), ("http://b/c", "http://b/c"),
    ])
    func resolves(_ location: String, to shown: String) throws {
        let base = try #require(WebAddress(parsing: "https://a:5000/v2/"))
        #expect(base.resolving(location)?.description == shown)
    }

    @Test(arguments: [
        ("localhost:5000", true), ("127.0.0.1", true), ("127.1.2.3:80", true), ("[::1]:5", true),
        ("127.0.0.1.example", false), ("registry.example", false), ("128.0.0.1", false),
        ("localhost.example", false),
    ])
    func loopback(_ authority: String, _ expected: Bool) {
        #expect(
            WebAddress.Origin(authority: authority, isSecure: true)?.isLoopback == expected)
    }

    @Test func parametersAreEncoded() {
        let address = WebAddress(parsing: "https://a/token?x=1")?
            .adding([("service", "a b&c"), ("scope", "repository:me/x:pull,push")])
        #expect(
            address?.path == "/token?x=1&service=a%20b%26c&scope=repository:me/x:pull,push")
    }
}
