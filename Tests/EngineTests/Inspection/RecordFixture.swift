// SPDX-License-Identifier: Apache-2.0

import Glibc
import Images
import Linux
import OCI
import SQLite

@testable import Engine

/// An engine with directories of its own, whose database tests fill by hand.
struct RecordFixture: ~Copyable {
    let engine: Engine
    static let image = Digest(sha256: [UInt8](repeating: 0xAB, count: 32))

    init() throws {
        var template = Array("/tmp/swocker-records-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        let directory = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        engine = Engine(
            location: EngineLocation(root: "\(directory)/root", state: "\(directory)/state"))
    }

    deinit {
        try? removeTree(String(engine.location.root.dropLast("/root".count)))
    }

    /// Records an image of two layers, `busybox:latest` and `mirror/busybox@sha256:…`.
    func addImage() throws {
        let database = try engine.open()
        let document = """
            {"architecture":"amd64","os":"linux","created":"2026-01-01T00:00:00Z",\
            "config":{"Cmd":["sh"],"Labels":{"a":"1"},"ExposedPorts":{"80/tcp":{}}},\
            "rootfs":{"type":"layers","diff_ids":["\(Self.layers[0])","\(Self.layers[1])"]}}
            """
        try database.run(
            """
            INSERT INTO images (id, manifest, configuration, layers, blobs, size, created)
            VALUES (?, ?, ?, ?, '', 1000, 1767225600000000000)
            """,
            [
                .text(Self.image.hex), .text(Self.image.hex), .text(document),
                .text(Self.layers.map(\.hex).joined(separator: " ")),
            ])
        for name in [
            "docker.io/library/busybox:latest", "docker.io/mirror/busybox@\(Self.image)",
        ] {
            try database.run(
                "INSERT INTO image_references (name, image, tagged) VALUES (?, ?, 5)",
                [.text(name), .text(Self.image.hex)])
        }
    }

    static let layers = [1, 2].map { Digest(sha256: [UInt8](repeating: $0, count: 32)) }

    /// Records a container; `digit` makes its ID and its age.
    @discardableResult
    func add(
        _ name: String, digit: Int, change: (inout ContainerRecord) -> Void = { _ in }
    ) throws -> Container {
        var configuration = ContainerConfiguration()
        configuration.image = "busybox"
        configuration.cmd = ["sleep", "100"]
        configuration.entrypoint = ["/init"]
        var host = HostConfiguration()
        host.logConfig.type = "local"
        host.networkMode = "none"
        var record = ContainerRecord(
            configuration: configuration, hostConfiguration: host, imageID: Self.image.hex,
            mounts: [])
        change(&record)
        var container = Container(
            id: String(repeating: "\(digit)", count: 63) + "a", name: name,
            created: Timestamp(seconds: 1_795_474_000 + Int64(digit)), record: record, idRange: nil,
            status: .created, process: .none, monitor: .none, started: nil, finished: nil,
            exitCode: 0, wasOOMKilled: false, error: "", removesItself: false)
        try ContainerTable.insert(&container, wantsIDRange: true, in: try engine.open())
        return container
    }

    /// Records that a container runs as `process`.
    func start(_ container: Container, as process: ProcessIdentity) throws {
        try ContainerTable.recordStart(
            of: container.id, process: process, monitor: .none,
            at: Timestamp(seconds: 1_795_474_100), in: try engine.open())
    }

    /// Records that it has ended.
    func end(_ container: Container, _ process: ProcessIdentity, code: Int32) throws {
        try ContainerTable.recordExit(
            of: container.id, process: process, code: code, outOfMemory: false,
            at: Timestamp(seconds: 1_795_474_200), in: try engine.open())
    }
}
