// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc
import Linux
import OCI
import Testing

@testable import swocker

struct CommandOutputTests {
    @Test(
        arguments: [
            (EngineError.noSuchContainer("x"), "Error response from daemon: No such container: x"),
            (EngineError.unsupported("--gpus"), "swocker: --gpus is not supported yet"),
            (ReferenceError.invalidFormat, "invalid reference format"),
            (UsageError("no"), "no"),
            (
                KernelError(action: "write /x", errno: .noSpace),
                "Error response from daemon: write /x: no space left on device"
            ),
            (
                EngineError.noSuchContainer("a\u{1B}[2J"),
                "Error response from daemon: No such container: a\\x1b[2J"
            ),
        ] as [(any Error, String)])
    func errors(_ error: any Error, _ text: String) {
        #expect(daemonError(error) == text)
    }

    private struct Each: EngineCommand {
        static let command = Command("each", summary: "", arity: .none, examples: [])
        init(arguments: Arguments) {}
        init() {}
        func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 { 0 }
    }

    private static func collecting(
        _ body: (Surroundings) throws -> Int32
    ) rethrows -> (output: String, errors: String, code: Int32) {
        nonisolated(unsafe) var (output, errors) = ("", "")
        let code = try body(
            Surroundings(
                print: { output += $0 }, complain: { errors += $0 }, environment: { _ in nil }))
        return (output, errors, code)
    }

    /// All are tried, those that worked are echoed as typed.
    @Test func severalNames() {
        let (output, errors, code) = Self.collecting { surroundings in
            Each().forEach(of: ["a", "b", "c"], in: surroundings) { name in
                if name == "b" { throw EngineError.noSuchContainer(name) }
                surroundings.print("\(name)\n")
            }
        }
        #expect(output == "a\nc\n" && code == 1)
        #expect(errors == "Error response from daemon: No such container: b\n")
    }

    private static func inspect(
        _ names: [String], _ format: String
    ) throws -> (output: String, errors: String, code: Int32) {
        try collecting { surroundings in
            try Each().inspect(names, format: format, in: surroundings) { name in
                if name == "B" { throw UsageError("Error: No such object: B") }
                return (["Id": .string(name)], .container)
            }
        }
    }

    @Test(arguments: [
        (["A", "B", "C"], "json", #"[{"Id":"A"},{"Id":"C"}]"# + "\n"), (["B"], "", "[]\n"),
        (["B"], "{{.Id}}", "\n"), (["A", "B", "C"], "{{.ID}}", "A\nC\n"),
    ])
    func inspectingWithOneMissing(_ names: [String], _ format: String, _ text: String) throws {
        let (output, errors, code) = try Self.inspect(names, format)
        #expect(output == text && errors == "Error: No such object: B\n" && code == 1)
    }

    @Test func inspectTemplates() throws {
        let error = #expect(throws: UsageError.self) { try Self.inspect(["A"], "{{") }
        #expect(error?.exitCode == 64)
        let (_, errors, code) = try Self.inspect(["A"], "{{.Nope}}")
        #expect(code == 1 && errors.hasPrefix("template parsing error: template: "))
    }

    @Test func facts() throws {
        let document: JSONValue = ["Containers": 3, "Name": "vm"]
        #expect(try FactFormat("{{.Containers}} {{.Name}}").text(of: document) == "3 vm\n")
        let json = #"{"Containers":3,"Name":"vm"}"# + "\n"
        #expect(try FactFormat("json").text(of: document) == json)
        #expect(throws: UsageError.self) { try FactFormat("{{.Nope}}").text(of: document) }
        let error = #expect(throws: UsageError.self) { try FactFormat("{{") }
        #expect(error?.exitCode == 64)
    }

    @Test func info() {
        var facts = SystemFacts()
        (facts.running, facts.stopped, facts.images) = (1, 2, 4)
        facts.features.hasSeccomp = true
        facts.backingFileSystem = "ext4"
        let lines = facts.text.split(separator: "\n").map(String.init)
        for line in [
            " Containers: 3", "  Running: 1", "  Stopped: 2", " Images: 4", "  seccomp",
            "  Backing Filesystem: ext4", " Cgroup Version: 0",
        ] { #expect(lines.contains(line)) }
        #expect(facts.document["Containers"] == 3)
        #expect(facts.document["SecurityOptions"] == ["name=seccomp,profile=builtin"])
    }
}
