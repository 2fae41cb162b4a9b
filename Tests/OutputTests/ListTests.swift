// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI
import Testing

@testable import swocker

private let now = Timestamp(seconds: 1_795_474_098)

private func web() -> ContainerSummary {
    typealias Port = ContainerSummary.Port
    return ContainerSummary(
        id: String(repeating: "abc", count: 21) + "a", names: ["web"], image: "busybox",
        imageID: "sha256:" + String(repeating: "a", count: 64),
        command: ["sh", "-c", "'echo hello <world> & more'"],
        created: now.advanced(nanoseconds: -90_000_000_000), state: .running,
        startedAt: now.advanced(nanoseconds: -89_000_000_000),
        ports: [
            Port(hostAddress: "0.0.0.0", hostPort: 8080, containerPort: 80),
            Port(hostAddress: "::", hostPort: 8080, containerPort: 80), Port(containerPort: 7777),
            Port(hostAddress: "127.0.0.1", hostPort: 9000, containerPort: 9000),
            Port(hostAddress: "127.0.0.1", hostPort: 9001, containerPort: 9001),
            Port(hostAddress: "127.0.0.1", hostPort: 9002, containerPort: 9002),
            Port(containerPort: 53, transport: "udp"), Port(containerPort: 54, transport: "udp"),
            Port(hostAddress: "0.0.0.0", hostPort: 9999, containerPort: 81),
        ],
        labels: ["b.c-d_e": "x,y", "a": "1"],
        mounts: [
            ContainerSummary.Mount(
                type: "volume", name: String(repeating: "v", count: 64), source: "/var/lib/x",
                destination: "/d", driver: "local"),
            ContainerSummary.Mount(type: "bind", source: "/home/user/verylong", destination: "/e"),
        ], networks: [.init(name: "zed"), .init(name: "bridge")],
        size: .init(written: 1234, rootFileSystem: 1_984_321))
}

private let ports =
    "53-54/udp, 7777/tcp, 127.0.0.1:9000-9002->9000-9002/tcp, 0.0.0.0:8080->80/tcp, "
    + "[::]:8080->80/tcp, 0.0.0.0:9999->81/tcp"

private func render(
    _ format: String?, quiet: Bool = false, columns: ListColumns = [], truncated: Bool = true
) throws -> String {
    let format = try ListFormat(format, isQuiet: quiet, columns: columns, for: ContainerRow.self)
    return try format.text([ContainerRow(container: web(), isTruncated: truncated, now: now)])
}

struct ContainerListTests {
    @Test func table() throws {
        let portsColumn = "PORTS" + String(repeating: " ", count: ports.count - 2)
        #expect(
            try render(nil) == """
                CONTAINER ID   IMAGE     COMMAND                  CREATED              STATUS              \
                \(portsColumn)NAMES
                abcabcabcabc   busybox   "sh -c 'echo hello <…"   About a minute ago   Up About a minute   \
                \(ports)   web

                """)
    }

    @Test func emptyTableHasTitles() throws {
        let format = try ListFormat(nil, columns: .size, for: ContainerRow.self)
        #expect(
            try format.text([ContainerRow]())
                == "CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES     SIZE\n"
        )
    }

    @Test func tableTemplate() throws {
        let format =
            #"table {{.ID}}\t{{.Label "b.c-d_e"}}\t{{.Names}}\t{{.RunningFor}}\t{{upper .State}}\t{{json .Size}}"#
        #expect(
            try render(format) == """
                CONTAINER ID   c d e     NAMES     CREATED              STATE     SIZE
                abcabcabcabc   x,y       web       About a minute ago   RUNNING   "1.23kB (virtual 1.98MB)"

                """)
    }

    @Test func json() throws {
        let text = try render("json")
        #expect(text.hasPrefix(#"{"Command":"\"sh -c 'echo hello \u003c…\"","CreatedAt":"2026-"#))
        let escapedPorts = ports.split(separator: ">").joined(separator: #"\u003e"#)
        let rest = #"""
            "ID":"abcabcabcabc","Image":"busybox","Labels":"a=1,b.c-d_e=x,y","LocalVolumes":"1",\#
            "Mounts":"vvvvvvvvvvvvvv…,/home/user/ver…","Names":"web","Networks":"zed,bridge",\#
            "Platform":null,"Ports":"\#(escapedPorts)","RunningFor":"About a minute ago",\#
            "Size":"1.23kB (virtual 1.98MB)","State":"running","Status":"Up About a minute"}

            """#
        #expect(text.hasSuffix(rest))
        #expect(try render("{{json .}}") == text)
    }

    @Test func raw() throws {
        let lines = try render("raw", columns: .size).split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == "container_id: abcabcabcabc")
        #expect(lines.contains("state: running"))
        #expect(lines.suffix(3) == ["size: 1.23kB (virtual 1.98MB)", "", ""])
    }

    @Test(
        arguments: [
            (nil, "abcabcabcabc\n"), ("raw", "container_id: abcabcabcabc\n"),
            ("{{.Names}}", "abcabcabcabc\n"), ("json", "abcabcabcabc\n"),
            ("table {{.ID}}", "abcabcabcabc\n"),
        ] as [(String?, String)])
    func quiet(_ format: String?, prints text: String) throws {
        #expect(try render(format, quiet: true) == text)
    }

    @Test(arguments: [
        ("{{.ID}}|{{.Names}}", "abcabcabcabc|web"),
        ("{{.Mounts}}", "vvvvvvvvvvvvvv…,/home/user/ver…"),
        ("{{.Labels}}|{{.LocalVolumes}}|{{.Networks}}", "a=1,b.c-d_e=x,y|1|zed,bridge"),
        (#"{{.ID}}\t{{.Label "a"}}\n{{.Label "none"}}"#, "abcabcabcabc\t1\n"),
        ("{{len .ID}} {{printf \"%.3s\" .ID}}", "12 abc"), ("TABLE", "TABLE"),
    ])
    func template(_ format: String, prints line: String) throws {
        #expect(try render(format) == line + "\n")
    }

    @Test func untruncated() throws {
        let text = try render("{{.ID}} {{.Command}}", truncated: false)
        #expect(text == web().id + " \"sh -c 'echo hello <world> & more'\"\n")
    }

    @Test(arguments: [
        (
            "{{.Nope}}",
            "failed to execute template: template: :1:2: executing \"\" at <.Nope>: can't evaluate field Nope in type *formatter.ContainerContext"
        ),
        ("{{.Nope", "failed to parse template: template: :1: unclosed action"),
        (
            "{{.State.Foo}}",
            "failed to execute template: template: :1:8: executing \"\" at <.State.Foo>: can't evaluate field Foo in type string"
        ),
        (
            "{{.Label}}",
            "failed to execute template: template: :1:2: executing \"\" at <.Label>: wrong number of args for Label: want 1 got 0"
        ),
    ])
    func refuses(_ format: String, because reason: String) {
        let error = #expect(throws: ListFormatError.self) { try render(format) }
        #expect(error?.description == reason)
    }

    @Test func knowsWhetherTheSizeIsShown() throws {
        for (format, columns, shown) in [
            (nil, [], false), (nil, .size, true), ("{{.Size}}", [], true),
            ("{{.ID}}", .size, false),
            ("table {{.Size}}", [], true), ("raw", .size, true), ("json", .size, false),
        ] as [(String?, ListColumns, Bool)] {
            let format = try ListFormat(format, columns: columns, for: ContainerRow.self)
            #expect(format.shows("Size", of: ContainerRow.self) == shown)
        }
    }
}

struct ContainerStatusTests {
    @Test(
        arguments: [
            (.created, nil, "Created"), (.running, nil, "Up 2 minutes"),
            (.running, .healthy, "Up 2 minutes (healthy)"),
            (.running, .unhealthy, "Up 2 minutes (unhealthy)"),
            (.running, .starting, "Up 2 minutes (health: starting)"),
            (.paused, nil, "Up 2 minutes (Paused)"),
            (.restarting, nil, "Restarting (137) 30 seconds ago"),
            (.removing, nil, "Removal In Progress"),
            (.exited, nil, "Exited (137) 30 seconds ago"), (.dead, nil, "Dead"),
        ] as [(ContainerSummary.State, ContainerSummary.Health?, String)])
    func wording(
        _ state: ContainerSummary.State, _ health: ContainerSummary.Health?, _ text: String
    ) {
        var container = web()
        (container.state, container.health, container.exitCode) = (state, health, 137)
        container.startedAt = now.advanced(nanoseconds: -150_000_000_000)
        container.finishedAt = now.advanced(nanoseconds: -30_000_000_000)
        #expect(container.statusText(now: now) == text)
    }

    @Test(arguments: [
        ("busybox:1@sha256:" + String(repeating: "d", count: 64), true, "busybox:1"),
        ("host:5000/x@sha256:00", true, "host:5000/x@sha256:00"),
        ("busybox", false, "aaaaaaaaaaaa"),
        ("aaaaaaaaaaaa", true, "aaaaaaaaaaaa"), ("", true, "<no image>"),
        ("sha256:" + String(repeating: "a", count: 64), true, "aaaaaaaaaaaa"),
    ])
    func image(_ given: String, isCurrent: Bool, shows text: String) {
        var container = web()
        (container.image, container.imageIsCurrent) = (given, isCurrent)
        #expect(ContainerRow(container: container, now: now).field("Image") == text)
    }
}

struct ImageListTests {
    static let images = [
        ImageSummary(
            id: "sha256:" + String(repeating: "a", count: 64),
            tags: ["busybox:latest", "localhost:5000/x/y:t"], digests: ["busybox@sha256:dd"],
            created: now.advanced(nanoseconds: -20 * 86_400_000_000_000), size: 1_984_321),
        ImageSummary(
            id: "sha256:" + String(repeating: "c", count: 64), tags: [], created: now,
            size: 999_900_000,
            sharedSize: 5, containers: 2),
        ImageSummary(
            id: "sha256:" + String(repeating: "e", count: 64), tags: [], digests: ["foo@sha256:ff"],
            created: now, size: 5),
    ]

    @Test func table() throws {
        let rows = ImageRow.rows(of: Self.images, now: now)
        #expect(
            try ListFormat(nil, for: ImageRow.self).text(rows) == """
                REPOSITORY           TAG       IMAGE ID       CREATED                  SIZE
                busybox              latest    aaaaaaaaaaaa   2 weeks ago              1.98MB
                localhost:5000/x/y   t         aaaaaaaaaaaa   2 weeks ago              1.98MB
                <none>               <none>    cccccccccccc   Less than a second ago   1GB
                foo                  <none>    eeeeeeeeeeee   Less than a second ago   5B

                """)
    }

    @Test func digests() throws {
        let rows = ImageRow.rows(of: Self.images, showsDigests: true, now: now)
        let format = try ListFormat("{{.Repository}}:{{.Tag}}@{{.Digest}}", for: ImageRow.self)
        #expect(
            try format.text(rows) == """
                busybox:latest@sha256:dd
                localhost:5000/x/y:t@<none>
                <none>:<none>@<none>
                foo:<none>@sha256:ff

                """)
        let table = try ListFormat(nil, columns: .digests, for: ImageRow.self).text([ImageRow]())
        #expect(table == "REPOSITORY   TAG       DIGEST    IMAGE ID   CREATED   SIZE\n")
    }

    @Test func sizes() throws {
        let rows = Array(ImageRow.rows(of: Self.images, now: now)[2...2])
        let format = try ListFormat(
            "{{.Size}} {{.VirtualSize}} {{.SharedSize}} {{.UniqueSize}} {{.Containers}}",
            for: ImageRow.self)
        #expect(try format.text(rows) == "1GB 999.9MB 5B 999.9MB 2\n")
    }

    @Test func refusesInImagesWords() throws {
        let error = #expect(throws: ListFormatError.self) {
            try ListFormat("{{.Nope}}", for: ImageRow.self).text(ImageRow.rows(of: Self.images))
        }
        #expect(
            error?.description
                == "template parsing error: template: :1:2: executing \"\" at <.Nope>: can't evaluate field Nope in type *formatter.imageContext"
        )
    }
}
