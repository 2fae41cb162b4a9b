// SPDX-License-Identifier: Apache-2.0

import Engine
import Testing

@testable import swocker

struct ValueGrammarTests {
    @Test(
        arguments: [
            ("1", 1), ("100m", 100 << 20), ("1.5g", 3 << 29), ("1kb", 1024), ("1KiB", 1024),
            ("1 k", 1024), ("1p", 1 << 50), ("+5", 5), (".5m", 1 << 19), ("1e3", 1000), ("0", 0),
            ("7b", 7),
        ] as [(String, Int64)])
    func sizes(_ text: String, _ bytes: Int64) throws {
        #expect(try Size.bytes(text) == bytes)
    }

    @Test(arguments: [
        ("abc", "invalid size: 'abc'"), ("", "invalid size: ''"), ("-1", "invalid size: '-1'"),
        ("6x", "invalid suffix: 'x'"), ("1Ki", "invalid suffix: 'ki'"),
        ("1e", "invalid suffix: 'e'"), ("1ib", "invalid suffix: 'ib'"),
        ("0x10", "strconv.ParseFloat: parsing \"0x10\": invalid syntax"),
        ("1  m", "strconv.ParseFloat: parsing \"1 \": invalid syntax"),
        ("99999999p", "invalid size: '99999999p': value out of range"),
    ])
    func refusesSize(_ text: String, _ message: String) {
        let error = #expect(throws: InvalidValue.self) { try Size.bytes(text) }
        #expect(error?.description == message)
    }

    @Test(
        arguments: [
            ("0", 0), ("5s", 5_000_000_000), (".5s", 500_000_000), ("1h30m", 5_400_000_000_000),
            ("+5s", 5_000_000_000), ("-1s", -1_000_000_000), ("1h2m3.5s", 3_723_500_000_000),
            ("5µs", 5000), ("100us", 100_000), ("1ms", 1_000_000), ("1.s", 1_000_000_000),
        ] as [(String, Int64)])
    func durations(_ text: String, _ nanoseconds: Int64) throws {
        #expect(try DurationText.nanoseconds(text) == nanoseconds)
    }

    @Test(arguments: [
        ("3", "time: missing unit in duration \"3\""), ("", "time: invalid duration \"\""),
        ("x", "time: invalid duration \"x\""), (".s", "time: invalid duration \".s\""),
        ("1d", "time: unknown unit \"d\" in duration \"1d\""),
        ("1h-1m", "time: unknown unit \"h-\" in duration \"1h-1m\""),
        ("9999999999h", "time: invalid duration \"9999999999h\""),
    ])
    func refusesDuration(_ text: String, _ message: String) {
        let error = #expect(throws: InvalidValue.self) { try DurationText.nanoseconds(text) }
        #expect(error?.description == message)
    }

    @Test(
        arguments: [
            ("0", 0), ("-5", -5), ("+7", 7), ("0x10", 16), ("0o17", 15), ("017", 15), ("0b11", 3),
            ("1_000", 1000), ("-9223372036854775808", .min), ("9223372036854775807", .max),
        ] as [(String, Int64)])
    func integers(_ text: String, _ number: Int64) throws {
        #expect(try Number.integer(text) == number)
    }

    @Test(arguments: [
        ("x", "invalid syntax"), ("", "invalid syntax"), ("1.5", "invalid syntax"),
        ("-", "invalid syntax"), ("0x", "invalid syntax"), ("1_", "invalid syntax"),
        ("9223372036854775808", "value out of range"),
        ("99999999999999999999", "value out of range"),
    ])
    func refusesInteger(_ text: String, _ reason: String) {
        let error = #expect(throws: InvalidValue.self) { try Number.integer(text) }
        #expect(error?.description == "strconv.ParseInt: parsing \"\(text)\": \(reason)")
    }

    @Test(
        arguments: [
            ("1", 1_000_000_000), (".5", 500_000_000), ("1.5", 1_500_000_000), ("0.000000001", 1),
            ("-1", -1_000_000_000), ("1/2", 500_000_000), ("1e2", 100_000_000_000), ("0", 0),
        ] as [(String, Int64)])
    func cpus(_ text: String, _ nano: Int64) throws {
        #expect(try CPUText.nanoCPUs(text) == nano)
    }

    @Test(arguments: [
        ("abc", "failed to parse abc as a rational number"),
        ("", "failed to parse  as a rational number"), ("1/3", "value is too precise"),
        ("0.0000000001", "value is too precise"),
        ("1/0", "failed to parse 1/0 as a rational number"),
    ])
    func refusesCPUs(_ text: String, _ message: String) {
        let error = #expect(throws: InvalidValue.self) { try CPUText.nanoCPUs(text) }
        #expect(error?.description == message)
    }

    @Test(arguments: [
        ("a=b,c", ["a=b", "c"]), ("\"src=/a,b\",dst=/c", ["src=/a,b", "dst=/c"]),
        ("\"a\"\"b\"", ["a\"b"]), ("a,", ["a", ""]),
    ])
    func records(_ text: String, _ fields: [String]) throws {
        #expect(try CommaRecord.fields(text) == fields)
    }

    @Test(arguments: ["", "\"a", "a\"b", "\"a\"b"])
    func refusesRecord(_ text: String) {
        #expect(throws: InvalidValue.self) { try CommaRecord.fields(text) }
    }

    @Test func detachKeys() throws {
        #expect(try DetachKeys(chosen: nil, configured: "") == .standard)
        #expect(try DetachKeys(chosen: "", configured: "a").sequence == [0x61])
        #expect(try DetachKeys(chosen: "b,ctrl-c", configured: "a").sequence == [0x62, 0x03])
        let error = #expect(throws: UsageError.self) {
            try DetachKeys(chosen: "zz", configured: "")
        }
        #expect(error?.exitCode == 1)
    }

    @Test(arguments: [
        ("ps", "pss"), ("images", "iamges"), ("exec", "exce"), ("container", "contain"),
    ])
    func spelling(_ meant: String, _ typed: String) {
        let guesses = Spelling.suggestions(for: typed, among: CommandTable.firstWords)
        #expect(guesses.first == meant)
    }

    @Test func noWildGuesses() {
        #expect(Spelling.suggestions(for: "frobnicate", among: CommandTable.firstWords).isEmpty)
    }
}
