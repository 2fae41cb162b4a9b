// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import Engine

/// What `-v` and `--mount` come to.
struct MountResolutionTests {
    private static func resolved(
        _ points: [MountPoint] = [], binds: [String] = []
    ) throws -> [ContainerMount] {
        var resolution = MountResolution(volumes: "/volumes")
        try resolution.add(points: points)
        try resolution.add(binds: binds)
        return resolution.mounts
    }

    private static func point(
        _ kind: MountPoint.Kind, _ source: String = "", at target: String = "/x"
    ) -> MountPoint {
        var point = MountPoint(type: kind)
        (point.source, point.target) = (source, target)
        return point
    }

    @Test func modes() throws {
        // Docker says "z" of volumes for which nothing was said.
        let mounts = try Self.resolved(
            [Self.point(.volume, "named")], binds: ["other:/o", "third:/t:ro", "/:/host"])
        #expect(mounts.map(\.mode) == ["z", "z", "ro", ""])
        #expect(mounts.map(\.isWritable) == [true, true, false, true])
        #expect(mounts.map(\.source).prefix(1) == ["/volumes/named/_data"])
    }

    @Test(
        arguments: [
            (.tmpfs, "/x", "field Source must not be specified"),
            (.bind, "", "field Source must not be empty"),
            (.bind, "here", "invalid mount path: 'here' mount path must be absolute"),
            (.bind, "/no/such/place", "bind source path does not exist: /no/such/place"),
        ] as [(MountPoint.Kind, String, String)])
    func refuses(_ kind: MountPoint.Kind, _ source: String, _ reason: String) {
        let wanted = "invalid mount config for type \"\(kind.rawValue)\": \(reason)"
        #expect(throws: EngineError.invalid(wanted)) {
            try Self.resolved([Self.point(kind, source)])
        }
    }

    @Test func images() throws {
        var resolution = MountResolution(
            volumes: "/volumes", images: ["tools": .init(id: "1234", directory: "/layers/a/fs")])
        try resolution.add(points: [Self.point(.image, "tools")])
        let mount = try #require(resolution.mounts.first)
        #expect(mount.type == .image && mount.name == "tools" && mount.imageID == "1234")
        #expect(mount.source == "/layers/a/fs" && !mount.isWritable && !mount.isAnonymous)
        #expect(throws: EngineError.noSuchImage("other")) {
            try resolution.add(points: [Self.point(.image, "other", at: "/y")])
        }
        var escaping = Self.point(.image, "tools", at: "/y")
        escaping.imageOptions = MountPoint.ImageOptions()
        escaping.imageOptions?.subpath = "a/../../b"
        #expect(throws: EngineError.self) { try resolution.add(points: [escaping]) }
    }

    @Test func refusesPropagation() {
        var point = Self.point(.bind, "/")
        point.bindOptions = MountPoint.BindOptions()
        point.bindOptions?.propagation = "bogus"
        let wanted =
            "invalid mount config for type \"bind\": invalid propagation mode: bogus"
        #expect(throws: EngineError.invalid(wanted)) { try Self.resolved([point]) }
    }
}
