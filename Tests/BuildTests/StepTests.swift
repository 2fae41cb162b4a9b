// SPDX-License-Identifier: Apache-2.0

import Build
import Testing

/// What instructions mean, and what they may not say.
struct StepTests {
    private func plan(_ text: String) throws -> BuildPlan {
        try BuildPlan(try Dockerfile(parsing: text))
    }

    private func step(_ line: String) throws -> Step {
        try plan("FROM a\n\(line)").stages[0].steps[0].step
    }

    private func run(_ line: String) throws -> RunStep? {
        guard case .run(let step) = try step(line) else { return nil }
        return step
    }

    private func copy(_ line: String) throws -> CopyStep? {
        guard case .copy(let step) = try step(line) else { return nil }
        return step
    }

    @Test(arguments: [
        ("RUN a b", RunStep.Command.shell("a b")),
        ("RUN [\"a\", \"b c\"]", .exec(["a", "b c"])),
        ("RUN ['a']", .shell("['a']")),
        ("RUN <<EOF\na\nb\nEOF", .shell("a\nb\n")),
        ("RUN <<EOF\n#!/bin/awk -f\nx\nEOF", .script(name: "EOF", content: "#!/bin/awk -f\nx\n")),
        ("RUN cat <<EOF >/x\na\nEOF", .shell("cat <<EOF >/x\na\nEOF")),
    ])
    func commands(_ line: String, _ command: RunStep.Command) throws {
        #expect(try run(line)?.command == command)
    }

    @Test func runFlags() throws {
        let step = try run(
            "RUN --network=none --security=insecure --mount=target=/s,rw"
                + " --mount=type=cache,target=/c,sharing=locked,mode=0700,uid=3"
                + " --mount=type=secret,id=k,required --mount=type=tmpfs,target=/t,size=2m x")
        #expect(step?.network == RunStep.Network.none)
        #expect(step?.isInsecure == true)
        let mounts = step?.mounts ?? []
        #expect(mounts.map(\.kind) == [.bind, .cache, .secret, .tmpfs])
        #expect(mounts.map(\.isReadOnly) == [false, false, false, false])
        #expect(mounts[1].id == "/c")
        #expect(mounts[1].sharing == .locked)
        #expect(mounts[1].mode == 0o700)
        #expect(mounts[1].user == 3)
        #expect(mounts[2].isRequired)
        #expect(mounts[3].size == 2 << 20)
    }

    @Test func copies() throws {
        let step = try copy("COPY --from=b --chown=a:b --chmod=755 --link --parents a b /c/")
        #expect(step?.from == "b")
        #expect(step?.owner == "a:b")
        #expect(step?.mode == "755")
        #expect(step?.isLinked == true)
        #expect(step?.keepsParents == true)
        #expect(step?.sources == ["a", "b"])
        #expect(step?.destination == "/c/")
        #expect(try copy("COPY [\"a b\", \"c\"]")?.sources == ["a b"])
        let documents = try copy("COPY <<A b /c/\nx\nA")
        #expect(documents?.sources == ["b"])
        #expect(documents?.documents.map(\.content) == ["x\n"])
    }

    @Test func stages() throws {
        let plan = try plan("ARG V=1\nARG W\nFROM a:$V AS One\nRUN x\nFROM one\nCMD y")
        #expect(plan.globals.map(\.name) == ["V", "W"])
        #expect(plan.globals.map(\.fallback) == ["1", nil])
        #expect(plan.stages.map(\.from.base) == ["a:$V", "one"])
        #expect(plan.stages.map(\.from.name) == ["one", nil])
        #expect(try plan.target("ONE").number == 0)
        #expect(try plan.target("1").number == 1)
        #expect(try plan.target(nil).number == 1)
        #expect(throws: DockerfileFailure.self) { try plan.target("two") }
    }

    @Test(arguments: [
        ("RUN x", 1, "no build stage in current context"),
        ("FROM", 1, "FROM requires either one or three arguments"),
        ("FROM a b", 1, "FROM requires either one or three arguments"),
        (
            "FROM a AS 1b", 1,
            "invalid name for build stage: \"1b\", name can't start with a number or contain symbols"
        ),
        ("FROM --nope=1 a", 1, "unknown flag: --nope"),
        ("FROM a\nRUN", 2, "RUN requires at least one argument"),
        ("FROM a\nRUN --mount=type=cache x", 2, "mount target not specified"),
        ("FROM a\nRUN --mount=type=x,target=/y x", 2, "unsupported mount type \"x\""),
        ("FROM a\nRUN --mount=target=/y,nope=1 x", 2, "unexpected key 'nope' in 'nope=1'"),
        ("FROM a\nRUN --network=x y", 2, "invalid network mode \"x\""),
        (
            "FROM a\nCOPY a", 2,
            "COPY requires at least two arguments, but only 1 provided. Destination could not be determined"
        ),
        ("FROM a\nCOPY --chown a b", 2, "missing a value on flag: chown"),
        ("FROM a\nCOPY --chown=a --chown=b a b", 2, "duplicate flag specified: chown"),
        ("FROM a\nCOPY --link=maybe a b", 2, "expecting boolean value for flag link, not: maybe"),
        ("FROM a\nADD --from=b a b", 2, "unknown flag: --from"),
        ("FROM a\nADD --checksum=sha256:x a b", 2, "checksum requires HTTP(S) or Git sources"),
        ("FROM a\nENV", 2, "ENV requires at least one argument"),
        ("FROM a\nENV A", 2, "ENV must have two arguments"),
        (
            "FROM a\nENV A=1 B", 2,
            "Syntax error - can't find = in \"B\". Must be of the form: name=value"
        ),
        ("FROM a\nARG", 2, "ARG requires at least one argument"),
        ("FROM a\nARG =x", 2, "ARG names can not be blank"),
        ("FROM a\nSHELL sh -c", 2, "SHELL requires the arguments to be in JSON form"),
        ("FROM a\nWORKDIR", 2, "WORKDIR requires exactly one argument"),
        ("FROM a\nUSER", 2, "USER requires exactly one argument"),
        ("FROM a\nEXPOSE", 2, "EXPOSE requires at least one argument"),
        ("FROM a\nHEALTHCHECK FOO x", 2, "Unknown type \"FOO\" in HEALTHCHECK (try CMD)"),
        ("FROM a\nONBUILD FROM b", 2, "FROM isn't allowed as an ONBUILD trigger"),
        ("FROM a\nONBUILD RUN --nope x", 2, "unknown flag: --nope"),
        ("FROM a\n\nCMD --help", 3, "unknown flag: --help"),
    ])
    func refused(_ text: String, _ line: Int, _ reason: String) {
        do {
            _ = try plan(text)
            Issue.record("was accepted")
        } catch let error as DockerfileFailure {
            #expect(error.reason == reason)
            #expect(error.lines?.lowerBound == line)
        } catch { Issue.record("\(error)") }
    }
}
