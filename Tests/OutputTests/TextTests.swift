// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import swocker

struct HumanTextTests {
    @Test(
        arguments: [
            (-5, "Less than a second"), (0, "Less than a second"), (1, "1 second"),
            (59, "59 seconds"),
            (60, "About a minute"), (119, "About a minute"), (120, "2 minutes"),
            (3599, "59 minutes"),
            (3600, "About an hour"), (5399, "About an hour"), (5400, "2 hours"),
            (170_999, "47 hours"),
            (171_000, "2 days"), (172_800, "2 days"), (1_209_599 - 1800, "13 days"),
            (1_209_600, "2 weeks"),
            (5_183_999 - 1800, "8 weeks"), (5_184_000, "2 months"),
            (63_071_999 - 1800, "24 months"),
            (63_072_000, "2 years"), (315_360_000, "10 years"),
        ] as [(Int64, String)])
    func duration(_ seconds: Int64, is text: String) {
        #expect(humanDuration(seconds: seconds) == text)
    }

    @Test(
        arguments: [
            (0, "0B", "0B"), (999, "999B", "999B"), (1000, "1kB", "1kB"),
            (1234, "1.23kB", "1.234kB"),
            (1_984_321, "1.98MB", "1.984MB"), (999_900_000, "1GB", "999.9MB"),
            (999_999_999, "1GB", "1GB"),
            (12_345_678_901, "12.3GB", "12.35GB"), (100_400_000, "100MB", "100.4MB"),
        ] as [(Int64, String, String)])
    func size(_ bytes: Int64, _ three: String, _ four: String) {
        #expect(humanSize(bytes) == three)
        #expect(humanSize(bytes, digits: 4) == four)
    }

    @Test(
        arguments: [
            (0, "0B"), (1023, "1023B"), (1024, "1KiB"), (815_104, "796KiB"), (1_048_575, "1MiB"),
            (25_275_920_384, "23.54GiB"),
        ] as [(Int64, String)])
    func binarySize(_ bytes: Int64, is text: String) {
        #expect(humanBinarySize(bytes) == text)
    }

    @Test(
        arguments: [
            (0, "0s"), (999, "999ns"), (1_500, "1.5µs"), (200_000_000, "200ms"),
            (1_500_000_000, "1.5s"), (30_000_000_000, "30s"), (60_000_000_000, "1m0s"),
            (3_600_000_000_000, "1h0m0s"), (-90_000_000_000, "-1m30s"),
            (.max, "2562047h47m16.854775807s"),
        ] as [(Int64, String)])
    func goDuration(_ nanoseconds: Int64, is text: String) {
        #expect(goDurationText(nanoseconds) == text)
    }

    @Test func percentages() {
        #expect(percentage(0.125) == "12.50%")
        #expect(percentage(1.5) == "150.00%")
    }
}

struct TableTests {
    @Test func columns() {
        var table = Table()
        table.add(["A", "B", "C"])
        table.add(["long text here", "", "last, unpadded"])
        table.add(["日本語日本語", "x", ""])
        #expect(
            table.text == """
                A                B         C
                long text here             last, unpadded
                日本語日本語     x         \n
                """)
    }

    @Test func widerMinimum() {
        var table = Table(minimumWidth: 20)
        table.add(["PID", "CMD"])
        #expect(table.text == "PID                 CMD\n")
    }

    @Test func linesWithoutAColumnEndItsBlock() {
        var table = Table()
        table.add(tabbed: "aaaaaaaaaaaaaaaa\tb\nplain\nc\td")
        #expect(table.text == "aaaaaaaaaaaaaaaa   b\nplain\nc         d\n")
    }

    @Test func controlsAreMadeVisible() {
        var table = Table()
        table.add(["a\u{1B}[31m", "b\r\n\u{9B}\u{202E}"])
        #expect(table.text == "a\\x1b[31m   b\\x0d\\x0a\\u009b\\u202e\n")
    }

    @Test(arguments: [
        ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 6, "日本語"), ("日本語x", 6, "日本…"),
        ("", 5, ""), ("ä", 1, "ä"), ("e\u{301}e\u{301}", 2, "e\u{301}e\u{301}"),
    ])
    func shortening(_ text: String, to cells: Int, gives result: String) {
        #expect(shortened(text, to: cells) == result)
    }

    @Test(arguments: [
        ("a\"b\\", #""a\"b\\""#), ("\n\t\r\u{1B}\u{7F}", #""\n\t\r\x1b\x7f""#), ("é日", "\"é日\""),
        ("\u{200B}\u{202E}", #""\u200b\u202e""#),
    ])
    func quoting(_ text: String, gives result: String) {
        #expect(goQuoted(text) == result)
    }

    @Test(
        arguments: [
            (0, 0, "x  0B"), (50, 100, "x [==============>                         ]  50B/100B"),
        ] as [(Int64, Int64, String)])
    func progress(_ done: Int64, _ total: Int64, _ line: String) {
        let total = total == 0 ? nil : total
        let text = progressLine(label: "x", done: done, total: total, seconds: 0, width: 80)
        #expect(text.prefix(4) == line.prefix(4))
        #expect(displayWidth(text) < 80)
    }
}
