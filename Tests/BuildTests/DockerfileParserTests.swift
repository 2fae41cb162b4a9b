// SPDX-License-Identifier: Apache-2.0

import Build
import Testing

/// Lines of a Dockerfile become instructions.
struct DockerfileParserTests {
    private func instructions(_ text: String) throws -> [Instruction] {
        try Dockerfile(parsing: text).instructions
    }

    @Test(arguments: [
        ("FROM a", ["FROM a"]),
        ("from a\nrun  x  y ", ["FROM a", "RUN x  y"]),
        ("# c\n\n  # d\nFROM a # e", ["FROM a # e"]),
        ("FROM a\nRUN a \\\n  b\\\nc", ["FROM a", "RUN a   bc"]),
        ("FROM a\nRUN a \\\n# gone\n\n  && b", ["FROM a", "RUN a   && b"]),
        ("FROM a\nRUN a \\  \nb", ["FROM a", "RUN a b"]),
        ("FROM a\nRUN a \\\\\nCMD b", ["FROM a", "RUN a \\\\", "CMD b"]),
        ("FROM a\r\nRUN a \\\r\nb\r\n", ["FROM a", "RUN a b"]),
        ("# escape=`\nFROM a\nRUN a `\nb\\", ["FROM a", "RUN a b\\"]),
        ("\u{FEFF}FROM a", ["FROM a"]),
        ("FROM --platform=linux/amd64 a AS b", ["FROM --platform=linux/amd64 a AS b"]),
        ("FROM a\nCOPY --chown=1:2 --link a b", ["FROM a", "COPY --chown=1:2 --link a b"]),
        ("FROM a\nCOPY --exclude=\"a b\" c d", ["FROM a", "COPY --exclude=a b c d"]),
    ])
    func lines(_ text: String, _ expected: [String]) throws {
        #expect(try instructions(text).map(\.text) == expected)
    }

    @Test func places() throws {
        let all = try instructions("# syntax=x\n\nFROM a\nRUN a \\\n  b\n\nCMD c")
        #expect(all.map(\.lines) == [3...3, 4...5, 7...7])
    }

    @Test func directives() throws {
        let file = try Dockerfile(
            parsing: "# syntax=docker/dockerfile:1\n#escape = `\n# check=skip=all\nFROM a")
        #expect(file.directives.syntax == "docker/dockerfile:1")
        #expect(file.directives.escape == "`")
        #expect(file.directives.check == "skip=all")
        // Only on top, and unknown ones end them.
        #expect(try Dockerfile(parsing: "# x\n# escape=`\nFROM a").directives.escape == "\\")
    }

    @Test func heredocs() throws {
        let all = try instructions(
            """
            FROM a
            RUN <<EOF cat
            $x
            EOF
            COPY <<-"ONE" <<TWO /d/
            \t\ttabs
            \tONE
            two
            TWO
            CMD done
            """)
        #expect(all.map(\.keyword) == ["FROM", "RUN", "COPY", "CMD"])
        #expect(all[1].heredocs.map(\.content) == ["$x\n"])
        #expect(all[1].heredocs[0].expands)
        #expect(all[2].heredocs.map(\.name) == ["ONE", "TWO"])
        #expect(all[2].heredocs.map(\.content) == ["tabs\n", "two\n"])
        #expect(all[2].heredocs.map(\.expands) == [false, true])
        #expect(all[2].lines == 5...9)
    }

    @Test(arguments: [
        ("", "file with no instructions"), ("# only\n", "file with no instructions"),
        ("FROM a\nFOO bar", "dockerfile parse error on line 2: unknown instruction: FOO"),
        (
            "# escape=x\nFROM a",
            "dockerfile parse error on line 1: invalid escape token 'x' does not match ` or \\"
        ),
        (
            "# escape=\\\n# escape=`\nFROM a",
            "dockerfile parse error on line 2: only one escape parser directive can be used"
        ),
        ("FROM a\nRUN <<EOF\nx", "dockerfile parse error on line 2: unterminated heredoc"),
    ])
    func refused(_ text: String, _ message: String) {
        do {
            _ = try Dockerfile(parsing: text)
            Issue.record("was read")
        } catch { #expect(error.description == message) }
    }
}
