// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import swocker

struct OptionParserTests {
    static func parse(_ line: String, _ path: String) throws -> Arguments {
        let command = try #require(CommandTable.entry(path)?.command)
        let words = line.split(separator: " ").map(String.init)
        return try OptionParser.parse(words[...], for: command, name: path)
    }

    @Test(arguments: [
        ("-itp 80:80 busybox sh -c x", ["80:80"]), ("-it -p80:80 busybox sh -c x", ["80:80"]),
        ("-ti -p=80:80 busybox sh -c x", ["80:80"]),
        ("-i -t --publish 80:80 busybox sh -c x", ["80:80"]),
        ("--publish=80:80 -p 81:81 -it=true busybox sh -c x", ["80:80", "81:81"]),
        ("-itp 80:80 -- busybox sh -c x", ["80:80"]),
    ])
    func spellings(_ line: String, _ ports: [String]) throws {
        let arguments = try Self.parse(line, "run")
        #expect(arguments.list("publish") == ports)
        #expect(arguments.flag("tty") && arguments.flag("interactive"))
        #expect(arguments.operands == ["busybox", "sh", "-c", "x"])
    }

    @Test func optionsAnywhere() throws {
        let arguments = try Self.parse("a -t 3 b -- -x", "stop")
        #expect(arguments.operands == ["a", "b", "-x"])
        #expect(arguments.integer("timeout") == 3)
    }

    @Test func operandsEndOptions() throws {
        let arguments = try Self.parse("--rm busybox ls -- --rm=false -Z", "run")
        #expect(arguments.operands == ["busybox", "ls", "--", "--rm=false", "-Z"])
        #expect(arguments.flag("rm"))
    }

    @Test func defaults() throws {
        let arguments = try Self.parse("busybox", "run")
        #expect(arguments.flag("sig-proxy"))
        #expect(arguments.string("pull") == "missing")
        #expect(arguments.string("name") == nil)
        #expect(!arguments.isSet("pull"))
        #expect(try !Self.parse("--sig-proxy=false busybox", "run").flag("sig-proxy"))
    }

    @Test func optionalValue() throws {
        #expect(try Self.parse("--explain busybox", "run").string("explain") == "text")
        #expect(try Self.parse("--explain=json busybox", "run").string("explain") == "json")
    }

    @Test func aliases() throws {
        #expect(try Self.parse("--net host b", "run").list("network") == ["host"])
        let arguments = try Self.parse("--time 3 a", "stop")
        #expect(arguments.integer("timeout") == 3)
        #expect(
            arguments.remarks == ["Flag --time has been deprecated, use --timeout instead"])
    }

    @Test func letterForHelp() throws {
        let list = try Self.parse("-h", "ps")
        #expect(list.flag("help"))
        #expect(list.remarks == ["Flag shorthand -h has been deprecated, use --help"])
        #expect(try Self.parse("-h box busybox", "run").string("hostname") == "box")
    }

    // Each text as Docker 28.2 prints it.
    @Test(arguments: [
        ("run", "--badflag", "unknown flag: --badflag"),
        ("run", "--mem 3 x", "unknown flag: --mem"),
        ("run", "-Z x", "unknown shorthand flag: 'Z' in -Z"),
        ("run", "-itZu x", "unknown shorthand flag: 'Z' in -Zu"),
        ("run", "--=x", "bad flag syntax: --=x"),
        ("run", "---x", "bad flag syntax: ---x"),
        ("run", "--name", "flag needs an argument: --name"),
        ("exec", "-itu", "flag needs an argument: 'u' in -u"),
        (
            "run", "-m abc x",
            "invalid argument \"abc\" for \"-m, --memory\" flag: invalid size: 'abc'"
        ),
        (
            "run", "--rm=foo x",
            "invalid argument \"foo\" for \"--rm\" flag: strconv.ParseBool: parsing \"foo\":"
                + " invalid syntax"
        ),
        (
            "run", "-d= x",
            "unknown shorthand flag: '=' in -="
        ),
        (
            "ps", "-nx",
            "invalid argument \"x\" for \"-n, --last\" flag: strconv.ParseInt: parsing \"x\":"
                + " invalid syntax"
        ),
        (
            "ps", "-f foo",
            "invalid argument \"foo\" for \"-f, --filter\" flag: bad format of filter (expected"
                + " name=value)"
        ),
    ])
    func refuses(_ path: String, _ line: String, _ message: String) {
        let error = #expect(throws: UsageError.self) { try Self.parse(line, path) }
        #expect(error?.message == message)
        #expect(error?.exitCode == 125)
    }

    @Test func wholeText() {
        let error = #expect(throws: UsageError.self) { try Self.parse("--x", "container ls") }
        #expect(
            error?.text == """
                unknown flag: --x

                Usage:  swocker container ls [OPTIONS]

                Run 'swocker container ls --help' for more information

                """)
    }

    @Test(arguments: [
        ("run", "", "'swocker run' requires at least 1 argument", "See"),
        ("exec", "a", "'swocker exec' requires at least 2 arguments", "See"),
        ("logs", "a b", "'swocker logs' requires 1 argument", "Run"),
        ("images", "a b", "'swocker images' requires at most 1 argument", "Run"),
        ("version", "x", "'swocker version' accepts no arguments", "Run"),
    ])
    func counts(_ path: String, _ line: String, _ message: String, _ verb: String) throws {
        let arguments = try Self.parse(line, path)
        let error = #expect(throws: UsageError.self) { try arguments.checkOperands() }
        #expect(error?.message == message)
        #expect(error?.exitCode == 1)
        #expect(error?.text.contains("\n\n\(verb) 'swocker \(path) --help'") == true)
        #expect(error?.text.hasPrefix("swocker: ") == true)
    }
}
