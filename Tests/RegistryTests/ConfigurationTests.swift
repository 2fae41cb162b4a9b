// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import Registry

@Suite struct ConfigurationTests {
    private func file(_ json: String) throws -> ClientConfigFile {
        let document = try #require(try JSONValue(parsing: json).objectValue)
        return ClientConfigFile(document, path: "/nowhere/config.json")
    }

    @Test(arguments: [
        ("docker.io", "https://index.docker.io/v1/"), ("localhost:5000", "localhost:5000"),
        ("https://registry.example/v1/", "registry.example"),
        ("index.docker.io", "https://index.docker.io/v1/"),
    ])
    func keys(_ server: String, _ key: String) {
        #expect(ClientConfigFile.key(ofServer: server) == key)
    }

    @Test(arguments: [
        (#"{"auths":{"r.example":{"auth":"bWU6cHc="}}}"#, "r.example", "me pw"),
        (#"{"auths":{"https://r.example/v1/":{"auth":"bWU6cHc="}}}"#, "r.example", "me pw"),
        (#"{"auths":{"https://index.docker.io/v1/":{"auth":"bWU6cHc="}}}"#, "docker.io", "me pw"),
        (#"{"auths":{"r.example":{"username":"a","password":"b:c"}}}"#, "r.example", "a b:c"),
        (#"{"auths":{"r.example:5000":{"auth":"bWU6cHc="}}}"#, "r.example", "none"),
        (#"{"auths":{"evil-r.example":{"auth":"bWU6cHc="}}}"#, "r.example", "none"),
        (#"{"auths":{"r.example":{"auth":"!"}}}"#, "r.example", "none"),
        (#"{"auths":{"r.example":{"identitytoken":"tt"}}}"#, "r.example", "token tt"),
        ("{}", "r", "none"),
    ])
    func credentials(_ json: String, _ server: String, _ expected: String) throws {
        let shown =
            switch try file(json).credentials(forServer: server) {
            case .password(let user, let password)?: "\(user) \(password)"
            case .identityToken(let token)?: "token \(token)"
            case nil: "none"
            }
        #expect(shown == expected)
    }

    @Test(arguments: [
        (#"{"credsStore":"pass"}"#, "r.example", "pass"),
        (#"{"credsStore":"pass","credHelpers":{"r.example":"own"}}"#, "r.example", "own"),
        (#"{"credHelpers":{"r.example":"own"}}"#, "other.example", nil),
        (#"{"credsStore":"../../bin/sh"}"#, "r.example", nil),
    ])
    func helpers(_ json: String, _ server: String, _ helper: String?) throws {
        #expect(try file(json).helper(forServer: server) == helper)
    }

    @Test func storingKeepsTheRest() throws {
        var file = try file(#"{"psFormat":"x","auths":{"https://r.example/v1/":{"auth":"YTpi"}}}"#)
        file.set(.password(user: "me", password: "pw"), forServer: "other.example")
        #expect(
            file.credentials(forServer: "other.example") == .password(user: "me", password: "pw"))
        let wasThere = file.remove(server: "r.example")
        #expect(wasThere)
        #expect(file.credentials(forServer: "r.example") == nil)
        let isStillThere = file.remove(server: "r.example")
        #expect(!isStillThere)
    }

    private func proxies(_ variables: [String: String]) throws -> ProxySettings {
        try ProxySettings { variables[$0] }
    }

    @Test(arguments: [
        ("https://r.example/", "proxy"), ("http://r.example/", "-"),
        ("https://localhost:5000/", "-"),
        ("https://in.corp/", "-"), ("https://a.in.corp/", "-"), ("https://notin.corp/", "proxy"),
        ("https://a.dot.test/", "-"), ("https://port.test:8443/", "-"),
        ("https://port.test/", "proxy"),
    ])
    func proxy(_ address: String, _ expected: String) throws {
        let settings = try proxies([
            "https_proxy": "http://me:p%40ss@proxy:3128",
            "NO_PROXY": "in.corp, .dot.test,port.test:8443",
        ])
        let origin = try #require(WebAddress(parsing: address)).origin
        let proxy = settings.proxy(for: origin)
        #expect(proxy?.host ?? "-" == expected)
        if let proxy { #expect(proxy.port == 3128 && proxy.password == "p@ss") }
    }

    @Test func otherProxiesAreRefused() {
        #expect(throws: RegistryError.self) { try proxies(["HTTPS_PROXY": "socks5://x:1"]) }
    }
}

@Suite struct RegistriesTests {
    private static let conf = """
        unqualified-search-registries = ["docker.io", 'quay.io'] # order
        [[registry]]
        prefix = "docker.io"
        location = "docker.io"
        [[registry.mirror]]
        location = "mirror.corp/hub"
        [[registry.mirror]]
        location = "second.corp:5000"
        insecure = true
        pull-from-mirror = "digest-only"

        [[registry]]
        location = "old.example/team"
        [[registry]]
        prefix = "old.example/team/moved"
        location = "new.example/there"
        [[registry]]
        prefix = "*.bad.example"
        blocked = true
        """

    private func endpoints(_ name: String) throws -> [Endpoint]? {
        try RegistriesConfiguration.containersEndpoints(
            of: try Reference(parsing: name), in: try TomlDocument(parsing: Self.conf).root)
    }

    private func shown(_ endpoint: Endpoint) -> String {
        "\(endpoint.origin.authority) \(endpoint.repository)\(endpoint.isMirror ? " mirror" : "")"
    }

    @Test(arguments: [
        (
            "busybox",
            ["mirror.corp hub/library/busybox mirror", "registry-1.docker.io library/busybox"]
        ),
        (
            "busybox@sha256:" + String(repeating: "a", count: 64),
            [
                "mirror.corp hub/library/busybox mirror", "second.corp:5000 library/busybox mirror",
                "registry-1.docker.io library/busybox",
            ]
        ),
        ("old.example/team/x", ["old.example team/x"]),
        ("old.example/team/moved/x", ["new.example there/x"]),
    ])
    func containers(_ name: String, _ expected: [String]) throws {
        #expect(try endpoints(name)?.map(shown) == expected)
    }

    @Test func whatIsNotNamed() throws {
        #expect(try endpoints("quay.io/x/y") == nil)
        #expect(throws: RegistryError.self) { try endpoints("a.bad.example/x") }
    }

    @Test func containerd() throws {
        let document = try TomlDocument(
            parsing: """
                server = "https://docker.io"
                [host."https://mirror.corp"]
                  capabilities = ["pull",
                    "resolve"]
                  ca = "corp.crt"
                [host."http://push.corp:5000/v2/sub"]
                  capabilities = ["push"]
                [host."http://plain.corp:5000/own"]
                  override_path = true
                """
        ).root
        let found = try RegistriesConfiguration.containerdEndpoints(
            of: try Reference(parsing: "busybox"), in: document, directory: "/certs/docker.io")
        #expect(
            found.map { "\($0.address("x"))" } == [
                "https://mirror.corp/v2/library/busybox/x",
                "http://plain.corp:5000/own/library/busybox/x",
                "https://registry-1.docker.io/v2/library/busybox/x",
            ])
        #expect(found.first?.authority == "/certs/docker.io/corp.crt")
    }

    @Test(arguments: ["a", "= 3", "[x", "a = [1", "a = \"x", "a = 1\n[a.b]\nc = 2", "a = nope"])
    func noToml(_ text: String) {
        #expect(throws: RegistryError.self) { try TomlDocument(parsing: text) }
    }
}
