// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

/// Instructions of a Dockerfile that change a configuration.
struct ConfigurationChangeTests {
    private func changed(_ lines: String...) throws -> ImageConfiguration.Execution {
        var execution = ImageConfiguration.Execution(
            command: ["old"], environment: ["A=1", "PATH=/bin"])
        try execution.apply(changes: lines)
        return execution
    }

    @Test(arguments: [
        ("CMD echo $A", ["/bin/sh", "-c", "echo $A"]), ("cmd [\"a\", \"b c\"]", ["a", "b c"]),
        ("CMD [broken", ["/bin/sh", "-c", "[broken"]),
    ])
    func command(_ line: String, _ words: [String]) throws {
        #expect(try changed(line).command == words)
    }

    @Test func entrypointTakesTheCommandAway() throws {
        #expect(try changed("ENTRYPOINT [\"e\"]").command == nil)
        #expect(try changed("CMD [\"c\"]", "ENTRYPOINT [\"e\"]").command == ["c"])
    }

    @Test(arguments: [
        ("ENV B=2", "B=2"), ("ENV B two words", "B=two words"), ("ENV B=\"a b\" C=x", "B=a b"),
        ("ENV B='$A'", "B=$A"), ("ENV B=$A:${A}x", "B=1:1x"), ("ENV B=${Z:-z}${A:+y}", "B=zy"),
        ("ENV B=a\\ b", "B=a b"), ("ENV A=9", "A=9"), ("ENV A=2 B=$A", "B=1"),
    ])
    func variables(_ line: String, _ entry: String) throws {
        #expect(try changed(line).environment.contains(entry))
    }

    @Test func others() throws {
        let all = try changed(
            "EXPOSE 80 90-91/udp\nLABEL a=b \"c d\"=e\nUSER u:$A\nVOLUME [\"/v\"]\nVOLUME /w /x",
            "WORKDIR /a\nWORKDIR b/../c", "ONBUILD RUN x", "STOPSIGNAL INT",
            "HEALTHCHECK --interval=1m30s --retries=3 CMD curl x")
        #expect(Set(all.exposedPorts.keys) == ["80/tcp", "90/udp", "91/udp"])
        #expect(all.labels == ["a": "b", "c d": "e"])
        #expect(all.user == "u:1")
        #expect(Set(all.volumes.keys) == ["/v", "/w", "/x"])
        #expect(all.workingDirectory == "/a/c")
        #expect(all.onBuild == ["RUN x"])
        #expect(all.stopSignal == "INT")
        #expect(all.healthcheck?.test == ["CMD-SHELL", "curl x"])
        #expect(all.healthcheck?.interval == 90_000_000_000)
        #expect(all.healthcheck?.retries == 3)
    }

    @Test(arguments: [
        ("RUN x", "run is not a valid change command"),
        ("ENV", "ENV requires at least one argument"),
        ("ENV A", "ENV must have two arguments"), ("EXPOSE x", "invalid containerPort: x"),
        ("EXPOSE 9-7", "invalid containerPort: 9-7"), ("EXPOSE 1/x", "invalid proto: x"),
        ("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"),
        ("HEALTHCHECK --interval=x CMD y", "time: invalid duration \"x\""),
        ("HEALTHCHECK x", "Unknown type \"X\" in HEALTHCHECK (try CMD)"),
        ("USER", "USER requires exactly one argument"),
        ("LABEL a='b", "unexpected end of statement while looking for matching single-quote"),
    ])
    func refuses(_ line: String, _ message: String) {
        #expect(throws: DockerfileError(message)) { try changed(line) }
    }
}
