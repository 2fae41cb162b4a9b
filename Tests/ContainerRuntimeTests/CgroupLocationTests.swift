// SPDX-License-Identifier: Apache-2.0

@testable import ContainerRuntime
import Linux
import OCI
import Testing

/// What a specification's cgroupsPath means.
struct CgroupLocationTests {
    @Test(
        arguments: [
            ("/a/b", "a/b"), ("a/b", "base/a/b"), (nil, "base/id"), ("", "base/id"),
            ("/../a/./b//c", "a/b/c"), ("../../../x", "x"), ("/a/../b", "b"),
            ("system.slice:docker:x", "base/system.slice:docker:x"),
        ] as [(String?, String)])
    func paths(_ text: String?, _ path: String) throws {
        let location = try CgroupLocation(cgroupsPath: text, id: "id", base: "base")
        #expect(location == .path(path))
    }

    @Test(arguments: ["/", "/..", "/a/..", "/a\nb", "/" + String(repeating: "x", count: 256)])
    func wrongPaths(_ text: String) {
        #expect(throws: CgroupSettingError.self) { try CgroupLocation(cgroupsPath: text, id: "i") }
    }

    @Test(
        arguments: [
            ("system.slice:runc:abc", false, "runc-abc.scope", "system.slice/runc-abc.scope"),
            ("", false, "swocker-id.scope", "system.slice/swocker-id.scope"),
            ("", true, "swocker-id.scope", "user.slice/swocker-id.scope"),
            ("::abc", false, "abc.scope", "system.slice/abc.scope"),
            (
                "a-b-c.slice:cri:x", false, "cri-x.scope",
                "a.slice/a-b.slice/a-b-c.slice/cri-x.scope"
            ),
            ("-.slice:p:x", false, "p-x.scope", "p-x.scope"),
            ("user.slice:libpod:x", true, "libpod-x.scope", "user.slice/libpod-x.scope"),
        ] as [(String, Bool, String, String)])
    func scopes(_ text: String, _ user: Bool, _ name: String, _ path: String) throws {
        let scope = try SystemdScope(cgroupsPath: text, id: "id", ofUser: user)
        #expect(scope.name == name)
        #expect(scope.path == path)
        var based = scope
        based.base = "user@1.service"
        #expect(based.path == "user@1.service/\(path)")
    }

    @Test(arguments: [
        "/a/b", "a:b", "a:b:c:d", "system.slice:p:", "x:p:n", ".slice:p:n", "-a.slice:p:n",
        "a--b.slice:p:n", "a/b.slice:p:n", "system.slice:p:n/../m", "system.slice:p:n.slice",
        "system.slice:p:n m",
    ])
    func wrongScopes(_ text: String) {
        #expect(throws: CgroupSettingError.self) {
            try SystemdScope(cgroupsPath: text, id: "id", ofUser: false)
        }
    }

    @Test(arguments: [
        ("0::/user.slice/session-1.scope\n", "user.slice"), ("0::/\n", ""), ("0::/a\n", ""),
        ("4:memory:/x/y\n0::/a/b/c\n", "a/b"), ("0::/../outside/x\n", ""), ("", ""),
    ])
    func ownParent(_ text: String, _ parent: String) {
        #expect(CgroupLocation.parent(inMemberships: Array(text.utf8)) == parent)
    }

    @Test func everyContainerHasItsDefaultDevices() {
        var resources = Resources()
        let rules = resources.withDefaultDevices.devices
        #expect(rules.first == .init(allow: false))
        #expect(rules.contains(.init(allow: true, type: "c", major: 1, minor: 3)))
        #expect(rules.count == 11)
        // What is there already is not written twice; what the user forbids comes first.
        resources.devices = [
            .init(allow: false), .init(allow: true, type: "c", major: 1, minor: 3),
        ]
        #expect(resources.withDefaultDevices.devices.count == 11)
        resources.devices = [.init(allow: true)]
        #expect(resources.withDefaultDevices.devices == [.init(allow: true)])
    }
}
