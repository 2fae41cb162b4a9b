// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Engine

private let now = Timestamp(seconds: 1_795_461_886)

private var lookup: ContainerFilter.Lookup {
    ContainerFilter.Lookup(
        created: { (name: String) throws(FilterError) in
            guard name == "old" else { throw .refused("No such container: \(name)") }
            return now.advanced(nanoseconds: -60_000_000_000)
        }, descendants: { $0 == "base" ? ["sha256:aaa"] : [] })
}

private func container() -> ContainerSummary {
    ContainerSummary(
        id: "abcdef", names: ["myweb2"], image: "busybox", imageID: "sha256:aaa", command: ["sh"],
        created: now, state: .exited, exitCode: 3, startedAt: now, finishedAt: now,
        health: .healthy,
        exposedPorts: [
            .init(containerPort: 53, transport: "udp"),
            .init(hostAddress: "0.0.0.0", hostPort: 8080, containerPort: 80),
        ], labels: ["a": "1", "b": ""],
        mounts: [
            .init(type: "volume", name: "data", source: "/v/data", destination: "/d"),
            .init(type: "bind", source: "/src", destination: "/e"),
        ], networks: [.init(name: "bridge", id: "0123456789")])
}

struct ContainerFilterTests {
    @Test(
        arguments: [
            ([], true), (["id=abc"], true), (["id=bc"], false), (["name=web"], true),
            (["name=^/?web$"], false),
            (["name=^/myweb2$"], true), (["name=^myweb\\d$"], true), (["name=(?i)MYWEB"], true),
            (["name=MYWEB"], false), (["name=(other|web2)"], true), (["name=x", "name=web"], true),
            (["name=["], false), (["name=(?:my)web[0-9]+"], true), (["name=(my)\\1"], false),
            (["label=a"], true), (["label=a=1"], true), (["label=a=2"], false),
            (["label=a", "label=c"], false),
            (["label=a", "label=b="], true), (["exited=3"], true), (["exited=0"], false),
            (["exited=0", "exited=3"], true), (["status=exited"], true),
            (["status=running"], false),
            (["status=running", "status=exited"], true), (["ancestor=busybox"], true),
            (["ancestor=base"], true),
            (["ancestor=sha256:aaa"], true), (["ancestor=other"], false), (["since=old"], true),
            (["before=old"], false), (["volume=data"], true), (["volume=/d"], true),
            (["volume=/src"], true),
            (["volume=/nope"], false), (["network=bridge"], true), (["network=0123"], true),
            (["network=host"], false),
            (["publish=80"], true), (["publish=8080"], false), (["publish=53/udp"], false),
            (["expose=53/udp"], true),
            (["expose=50-60/udp"], true), (["expose=53"], false), (["expose=80/tcp"], true),
            (["health=healthy"], true),
            (["health=none"], false), (["is-task=true"], false), (["is-task=false"], true),
            ([" NAME = web "], true), (["name=web", "status=running"], false),
        ] as [([String], Bool)])
    func matches(_ filters: [String], _ isMatch: Bool) throws {
        let filter = try ContainerFilter(Filters(parsing: filters), lookup: lookup)
        #expect(filter.matches(container()) == isMatch)
    }

    @Test(arguments: [
        ("foo", "bad format of filter (expected name=value)"), ("foo=bar", "invalid filter 'foo'"),
        ("status=foo", "invalid filter 'status=foo'"),
        ("health=bad", "invalid filter 'health=bad'"),
        ("exited=x", "strconv.Atoi: parsing \"x\": invalid syntax"),
        ("before=no", "No such container: no"),
        ("is-task=maybe", "invalid filter 'is-task=[maybe]'"),
        ("publish=1:2", "filter for 'publish' should not contain ':': 1:2"),
        ("expose=x", "error while looking up for expose x: invalid port range: x"),
        ("label!=a", "invalid filter 'label!'"),
    ])
    func refuses(_ text: String, because reason: String) {
        let error = #expect(throws: FilterError.self) {
            try ContainerFilter(Filters(parsing: [text]), lookup: lookup)
        }
        #expect(error?.description == reason)
    }

    @Test func onlyStatusImpliesAll() throws {
        for (text, implies) in [("status=exited", true), ("exited=0", false), ("name=x", false)] {
            let filter = try ContainerFilter(Filters(parsing: [text]), lookup: lookup)
            #expect(filter.impliesAll == implies)
        }
    }

    @Test func exitCodesOfContainersThatNeverRanDoNotCount() throws {
        var created = container()
        (created.state, created.exitCode, created.startedAt) = (.created, 0, nil)
        let filter = try ContainerFilter(Filters(parsing: ["exited=0"]), lookup: lookup)
        #expect(!filter.matches(created))
    }
}

struct ImageFilterTests {
    static let image = ImageSummary(
        id: "sha256:aaa", tags: ["busybox:latest", "host:5000/a/b:1"],
        digests: ["busybox@sha256:dd"],
        created: now.advanced(nanoseconds: -3_600_000_000_000), size: 1, labels: ["a": "1"])

    private func filter(_ texts: [String]) throws -> ImageFilter {
        try ImageFilter(Filters(parsing: texts), now: now) { (name: String) throws(FilterError) in
            guard name == "old" else { throw .refused("No such image: \(name)") }
            return now.advanced(nanoseconds: -7_200_000_000_000)
        }
    }

    @Test(
        arguments: [
            ([], true), (["dangling=false"], true), (["dangling=true"], false),
            (["dangling=0"], true),
            (["label=a=1"], true), (["label=b"], false), (["since=old"], true),
            (["before=old"], false),
            (["until=30m"], true), (["until=2h"], false), (["reference=busybox"], true),
            (["reference=bus"], false), (["reference=b*"], true), (["reference=b*:lat*"], true),
            (["reference=*"], true), (["reference=host:5000/*/b"], true),
            (["reference=host*"], false),
            (["reference=x", "reference=busybox"], true),
        ] as [([String], Bool)])
    func applies(_ filters: [String], _ isListed: Bool) throws {
        #expect(try (filter(filters).apply(to: Self.image) != nil) == isListed)
    }

    @Test func onlyMatchingReferencesAreShown() throws {
        let image = try #require(try filter(["reference=busybox"]).apply(to: Self.image))
        #expect(image.tags == ["busybox:latest"])
        #expect(image.digests == ["busybox@sha256:dd"])
    }

    @Test(arguments: [
        ("dangling=maybe", "invalid filter 'dangling=[maybe]'"),
        ("name=x", "invalid filter 'name'"),
        ("before=x", "No such image: x"), ("reference=[", "syntax error in pattern"),
        ("until=x", "failed to parse value as time or duration: \"x\""),
    ])
    func refuses(_ text: String, because reason: String) {
        let error = #expect(throws: FilterError.self) { try filter([text]) }
        #expect(error?.description == reason)
    }
}

struct GlobTests {
    @Test(arguments: [
        ("*", "abc", true), ("*", "a/c", false), ("a*c", "abbc", true), ("a*/b", "abc/b", true),
        ("a?c", "abc", true), ("a?c", "a/c", false), ("[a-c]x", "bx", true),
        ("[^a-c]x", "bx", false),
        ("[^a-c]x", "dx", true), ("a\\*b", "a*b", true), ("a\\*b", "axb", false), ("", "", true),
        ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false), ("*a", "aaab", false),
        ("x", "", false),
        ("**", "abc", true), ("*/*", "a/b", true), ("*/*", "a/b/c", false), ("a*", "a", true),
    ])
    func matches(_ pattern: String, _ text: String, _ isMatch: Bool) throws {
        #expect(try #require(Glob(pattern)).matches(text) == isMatch)
    }

    @Test(arguments: ["[", "[]", "[a", "[a-]", "[z-a]", "\\", "[-a]"])
    func refuses(_ pattern: String) {
        #expect(Glob(pattern) == nil)
    }

    @Test func manyStarsAreQuick() throws {
        let pattern = String(repeating: "a*", count: 50) + "b"
        let text = String(repeating: "a", count: 5000)
        #expect(try !#require(Glob(pattern)).matches(text))
    }
}
