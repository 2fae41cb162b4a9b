// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import Registry

@Suite struct AuthenticationTests {
    @Test(arguments: [
        (["Basic realm=\"x\""], [Challenge.basic]),
        (
            ["Bearer realm=\"https://auth.example/token\",service=\"registry\",scope=\"a:b:c\""],
            [.bearer(realm: "https://auth.example/token", service: "registry", scope: "a:b:c")]
        ),
        (
            ["bearer realm=\"https://a/\\\"q\\\"\" , service=plain, error=\"x\", Basic realm=y"],
            [.bearer(realm: "https://a/\"q\"", service: "plain", scope: nil), .basic]
        ),
        (["Negotiate", "Basic"], [.basic]), (["Bearer service=\"x\""], []), ([""], []),
        (
            ["=,=\"", "Bearer realm=\"unterminated"],
            [
                .bearer(realm: "unterminated", service: nil, scope: nil)
            ]
        ),
    ])
    func challenges(_ headers: [String], _ expected: [Challenge]) {
        #expect(Challenge.parse(headers) == expected)
    }

    /// Who may see credentials: the registry's own host, and hosts of the same owner over TLS.
    @Test(arguments: [
        ("https://registry-1.docker.io", "https://auth.docker.io", true),
        ("https://registry.gitlab.com", "https://gitlab.com", true),
        ("https://registry.example:5000", "https://registry.example:5001", true),
        ("https://registry.example", "http://registry.example", false),
        ("https://registry.example", "https://evil.test", false),
        ("https://a.co.uk", "https://b.co.uk", false),
        ("https://a.firm.co.uk", "https://b.firm.co.uk", true),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5001", true),
        ("http://127.0.0.1:5000", "http://127.0.0.2:5000", false),
        ("https://10.0.0.1", "https://11.0.0.1", false),
        ("http://localhost:5000", "http://evil.test", false),
    ])
    func realms(_ registry: String, _ realm: String, _ mayShow: Bool) throws {
        let registry = try #require(WebAddress(parsing: registry)).origin
        let realm = try #require(WebAddress(parsing: realm)).origin
        #expect((TokenRealm.refusal(realm: realm, registry: registry) == nil) == mayShow)
    }

    @Test(
        arguments: [
            (#"{"token":"abc"}"#, "abc", 50), (#"{"access_token":"x","expires_in":300}"#, "x", 290),
            (#"{"token":"x","expires_in":5}"#, "x", 50),
            (#"{"token":"x","expires_in":99999999}"#, "x", 3590),
        ] as [(String, String, UInt64)])
    func tokens(_ json: String, _ text: String, _ seconds: UInt64) {
        let token = Token(json: Array(json.utf8), now: 7)
        #expect(token?.text == text)
        #expect(token?.expires == 7 + seconds * 1_000_000_000)
    }

    @Test(arguments: ["", "{}", #"{"token":""}"#, #"{"token":"a\r\nX: y"}"#, "[]", #"{"token":3}"#])
    func noTokens(_ json: String) { #expect(Token(json: Array(json.utf8), now: 0) == nil) }

    @Test func scopes() {
        #expect(TokenScope(repository: "library/x").text == "repository:library/x:pull")
        #expect(TokenScope(repository: "x", pushes: true).text == "repository:x:pull,push")
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("me:sécret", "bWU6c8OpY3JldA=="),
    ])
    func base64(_ text: String, _ encoded: String) {
        #expect(Registry.base64(Array(text.utf8)) == encoded)
        #expect(bytes(base64: encoded) == Array(text.utf8))
    }
}
