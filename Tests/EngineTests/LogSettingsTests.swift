// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Engine

struct LogSettingsTests {
    @Test(
        arguments: [
            ("json-file", [:], 32 << 20, 16, nil),
            ("json-file", ["max-size": "10m"], 10_000_000, 1, nil),
            ("json-file", ["max-size": "2k", "max-file": "3"], 2000, 3, nil),
            ("json-file", ["max-file": "3"], 32 << 20, 3, nil),
            ("json-file", ["mode": "blocking", "tag": "{{.Name}}/{{ .ID }}"], 32 << 20, 16, nil),
            ("json-file", ["mode": "non-blocking"], 32 << 20, 16, 1_000_000),
            ("local", ["mode": "non-blocking", "max-buffer-size": "4m"], 32 << 20, 16, 4 << 20),
            ("local", ["max-size": "10m"], 10 << 20, 16, nil),
        ] as [(String, [String: String], Int, Int, Int?)])
    func settings(
        _ driver: String, _ options: [String: String], size: Int, count: Int, buffer: Int?
    ) throws {
        let settings = try LogSettings(LogConfiguration(type: driver, config: options))
        #expect(settings.limits == LogLimits(segmentSize: size, segmentCount: count))
        #expect(settings.bufferSize == buffer)
    }

    @Test(arguments: [
        ("json-file", "nope", "1", "unknown log opt 'nope' for json-file log driver"),
        ("local", "nope", "1", "unknown log opt 'nope' for log driver local"),
        ("local", "mode", "x", "logger: logging mode not supported: x"),
        (
            "local", "max-buffer-size", "1m",
            "logger: max-buffer-size option is only supported with 'mode=non-blocking'"
        ),
        ("syslog", "a", "b", #"error looking up logging plugin syslog: plugin "syslog" not found"#),
        ("json-file", "max-size", "0", "invalid value for log option max-size: '0'"),
        ("json-file", "tag", "{{.Nope}}", "--log-opt tag={{.Nope}} is not supported yet"),
        ("json-file", "labels-regex", "a", "--log-opt labels-regex is not supported yet"),
    ])
    func refused(_ driver: String, _ name: String, _ value: String, with words: String) {
        do {
            _ = try LogSettings(LogConfiguration(type: driver, config: [name: value]))
            Issue.record("not refused")
        } catch { #expect("\(error)".contains(words), "\(error)") }
    }
}
