// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import swocker

struct RootTests {
    static func call(_ words: String...) -> (output: String, errors: String, code: Int32) {
        nonisolated(unsafe) var (output, errors) = ("", "")
        let surroundings = Surroundings(
            print: { output += $0 }, complain: { errors += $0 }, environment: { _ in nil })
        let code = Root(surroundings: surroundings).run(words[...])
        return (output, errors, code)
    }

    @Test func bare() {
        let (output, errors, code) = Self.call()
        #expect(output.isEmpty && errors.hasPrefix("Usage:  swocker") && code == 0)
        let group = Self.call("container")
        #expect(group.output.isEmpty && group.errors.hasPrefix("Usage:  swocker container COMMAND"))
        #expect(group.code == 0)
    }

    @Test(arguments: [
        ["--help"], ["help"], ["foo", "--help"], ["container", "--help"],
        ["container", "foo", "--help"], ["run", "--help"], ["help", "run"],
        ["help", "image", "ls"],
        ["container", "list", "--help"], ["container", "--help", "ls"],
    ])
    func help(_ words: [String]) {
        nonisolated(unsafe) var (output, errors) = ("", "")
        let surroundings = Surroundings(
            print: { output += $0 }, complain: { errors += $0 }, environment: { _ in nil })
        #expect(Root(surroundings: surroundings).run(words[...]) == 0)
        #expect(output.hasPrefix("Usage:  swocker") && errors.isEmpty)
    }

    @Test func version() {
        for words in [["-v"], ["--version"], ["-Dv"], ["-v", "foo"]] {
            nonisolated(unsafe) var output = ""
            let surroundings = Surroundings(
                print: { output += $0 }, complain: { _ in }, environment: { _ in nil })
            #expect(Root(surroundings: surroundings).run(words[...]) == 0)
            #expect(output.hasPrefix("swocker version 0.1.0, build "))
        }
        let (text, _, code) = Self.call("version", "-f", "json")
        #expect(text.hasPrefix(#"{"Client":{"Version":"0.1.0","#) && code == 0)
    }

    @Test func unknownCommand() {
        let (_, errors, code) = Self.call("pss")
        #expect(code == 1)
        #expect(
            errors == """
                swocker: unknown command: swocker pss

                Did you mean 'ps'?

                Run 'swocker --help' for more information

                """)
        #expect(Self.call("container", "rum").errors.contains("Did you mean 'rm' or 'run'?"))
        #expect(Self.call("help", "foo").errors == "unknown help topic: foo\n")
        #expect(Self.call("--bad", "ps").code == 125)
    }

    @Test func globalOptions() throws {
        func options(_ words: [String], _ environment: [String: String]) throws -> GlobalOptions {
            let arguments = try OptionParser.parse(
                words[...], for: GlobalOptions.command, name: "")
            return GlobalOptions(arguments, environment: { environment[$0] })
        }
        let plain = try options(["ps"], [:])
        #expect(plain.root == "/var/lib/swocker" && plain.state == "/run/swocker" && !plain.debug)
        let environment = ["SWOCKER_ROOT": "/r", "SWOCKER_STATE": "/s", "DOCKER_CONFIG": "/c"]
        let surrounded = try options(["ps"], environment)
        #expect(surrounded.root == "/r" && surrounded.state == "/s" && surrounded.config == "/c")
        let told = try options(["-D", "--root", "/x", "--state=/y", "ps", "--root"], environment)
        #expect(told.root == "/x" && told.state == "/y" && told.debug)
    }
}
