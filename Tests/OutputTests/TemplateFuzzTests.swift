// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import swocker

/// Whatever is typed as a template is printed or refused, and never stops the program.
struct TemplateFuzzTests {
    static let words = [
        "{{", "}}", "{{-", " -}}", ".", ".A", ".L", "$", "$x", ":=", "=", "|", "(", ")", ",", "if",
        "else", "end", "range", "with", "define", "template", "block", "break", "continue", "nil",
        "true", "\"a\"", "\"%5d%s\"", "`r`", "'c'", "'", "\"", "\\", "3", "-1", "0x", "1.5", "eq",
        "lt", "and", "index", "slice", "len", "printf", "print", "json", "join", "split", "pad",
        "truncate", "title", "upper", "html", "call", "/*", "*/", "\n", "é", "[", "{", "%",
        "%*.*f", "9223372036854775807", "\u{1}",
    ]
    static let document: JSONValue = ["A": ["B": 3, "C": nil], "L": ["x", "y"]]

    @Test func randomTemplates() {
        var seed: UInt64 = 42
        func random(_ count: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((seed >> 33) % UInt64(count))
        }
        func word() -> String { Self.words[random(Self.words.count)] }
        var parsed = 0
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0...random(10) {
                let words = (0...random(5)).map { _ in word() + (random(2) == 0 ? " " : "") }
                text += random(2) == 0 ? word() : "{{" + words.joined() + "}}"
            }
            guard let template = try? Template(parsing: text) else { continue }
            parsed += 1
            _ = try? template.text(over: .json(Self.document, nil))
            _ = try? template.text(
                over: .json(["A": nil], GoPath(types: .container, path: "")), isInert: true)
        }
        #expect(parsed > 500)
    }
}
