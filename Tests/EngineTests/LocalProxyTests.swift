// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

@testable import Engine

struct LocalProxyTests {
    private func run(
        _ script: String, stdin: String? = nil, terminal: Bool = false
    ) throws -> (AttachOutcome, String) {
        var process = try MonitoredCommand.start(
            script, stdin: stdin != nil, terminal: terminal)
        let output = try DescriptorPair.pipe()
        let keyboard = try DescriptorPair.pipe()
        var options = AttachOptions()
        options.isTerminal = terminal
        if let stdin {
            options.stdin = true
            try keyboard.second.writeAll(stdin.bytes)
        }
        close((consume keyboard.second).release())
        let pid = process.pid
        var proxy = try LocalProxy(
            process: OwnedFD.pidfd(of: pid), streams: process.takeStreams(), options,
            stdin: keyboard.first.raw, stdout: output.second.raw, stderr: output.second.raw)
        let outcome = try proxy.run()
        close((consume output.second).release())
        return (outcome, String(decoding: try output.first.readAll(), as: UTF8.self))
    }

    @Test func carriesBothWays() throws {
        let (outcome, text) = try run("cat; echo err >&2; exit 4", stdin: "typed\n")
        #expect(outcome == .exited(code: 4))
        #expect(text == "typed\nerr\n")
    }

    @Test func drainsATerminal() throws {
        let (outcome, text) = try run("seq 1 300; exit 9", terminal: true)
        #expect(outcome == .exited(code: 9))
        #expect(text == (1...300).map { "\($0)\r\n" }.joined())
    }

    @Test func leavesDescendantsBehind() throws {
        let started = Clock.monotonic
        let (outcome, text) = try run("sleep 3 & echo done")
        #expect(outcome == .exited(code: 0))
        #expect(text == "done\n")
        #expect(Clock.monotonic - started < 2_000_000_000)
    }
}
