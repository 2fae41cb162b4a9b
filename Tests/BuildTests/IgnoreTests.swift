// SPDX-License-Identifier: Apache-2.0

import Build
import Testing

/// Patterns of `.dockerignore`.
struct IgnoreTests {
    @Test(arguments: [
        ("a", "a", true), ("a", "ab", false), ("*", "a", true), ("*", "a/b", false),
        ("*.go", "x.go", true), ("*.go", "d/x.go", false), ("**/*.go", "d/x.go", true),
        ("**/*.go", "x.go", true), ("**/*.go", "a/b/c.go", true), ("**/a", "ba", false),
        ("a/**", "a/b/c", true), ("a/**", "a", false), ("**", "a/b", true), ("a/**/b", "a/b", true),
        ("a/**/b", "a/x/y/b", true), ("a/**/b", "a/xb", false), ("?", "a", true),
        ("?", "/", false), ("[a-c]x", "bx", true), ("[^a-c]x", "bx", false),
        ("[^a-c]x", "dx", true),
        ("a\\*", "a*", true), ("a\\*", "ab", false), ("a**b", "axxb", true),
        ("a**b", "ax/xb", true),
    ])
    func patterns(_ pattern: String, _ path: String, _ fits: Bool) {
        #expect(PathPattern(pattern)?.fits(Array(path.utf8)) == fits)
    }

    @Test(arguments: ["[", "[a", "a\\", "[b-a]"])
    func broken(_ pattern: String) { #expect(PathPattern(pattern) == nil) }

    @Test(arguments: [
        ("node_modules", "node_modules/x/y", true), ("node_modules", "a/node_modules", false),
        ("/a/", "a/b", true), ("./a", "a", true), ("a/../b", "b", true), ("# a\nb", "a", false),
        (" a ", "a", true), ("*\n!keep", "keep", false), ("*\n!keep", "other", true),
        ("*\n!keep", "keep/x", false), ("d\n!d/keep", "d/keep", false), ("d\n!d/keep", "d/x", true),
        ("!a\na", "a", true), ("a\n!a\na/b", "a/b", true),
        ("**/*.md\n!README.md", "README.md", false),
        ("**/*.md\n!README.md", "d/README.md", true), ("", "a", false), ("..", "a", false),
    ])
    func rules(_ text: String, _ path: String, _ isOut: Bool) throws {
        #expect(try IgnoreRules(parsing: text).leavesOut(Array(path.utf8)) == isOut)
    }

    @Test func refused() {
        #expect(throws: DockerfileFailure.self) { try IgnoreRules(parsing: "a\n[") }
        #expect(throws: DockerfileFailure.self) { try IgnoreRules(parsing: "!") }
    }
}
