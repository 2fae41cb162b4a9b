// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

/// Variables in the words of a Dockerfile.
struct DockerfileWordsTests {
    private static let variables = ["v=value", "e=", "p=/usr/local/bin", "f=a.b.c"]

    @Test(arguments: [
        ("$v", "value"), ("${v}", "value"), ("a${v}b", "avalueb"), ("$u", ""), ("${u}", ""),
        ("\\$v", "$v"), ("'$v'", "$v"), ("\"$v\"", "value"), ("\"\\$v\"", "$v"), ("$", "$"),
        ("${u:-w}", "w"), ("${e:-w}", "w"), ("${e-w}", ""), ("${u-w}", "w"), ("${v-w}", "value"),
        ("${v:+w}", "w"), ("${e:+w}", ""), ("${e+w}", "w"), ("${u+w}", ""), ("${u:-$v}", "value"),
        ("${u:-${v:+x}}", "x"), ("${v:?no}", "value"), ("${e?no}", ""),
        ("${p#*/}", "usr/local/bin"), ("${p##*/}", "bin"), ("${p%/*}", "/usr/local"),
        ("${p%%/*}", ""), ("${f#*.}", "b.c"), ("${f##*.}", "c"), ("${f%.*}", "a.b"),
        ("${f%%.*}", "a"), ("${f#x}", "a.b.c"), ("${f/./-}", "a-b.c"), ("${f//./-}", "a-b-c"),
        ("${f//./}", "abc"), ("${f/?/x}", "x.b.c"), ("${f/$u/x}", "a.b.c"), ("${f%\\.c}", "a.b"),
        ("a\\ b", "a b"), ("\"a b\"", "a b"), ("\"a\\n\"", "a\\n"),
    ])
    func expansion(_ word: String, _ expected: String) throws {
        #expect(try DockerfileWords.expand(word, Self.variables) == expected)
    }

    @Test(arguments: [
        ("`$v", "$v"), ("C:\\x", "C:\\x"), ("\"`\"\"", "\""),
    ])
    func otherEscape(_ word: String, _ expected: String) throws {
        #expect(try DockerfileWords.expand(word, Self.variables, escape: "`") == expected)
    }

    @Test(arguments: [
        ("\"$v\" '$v'", "\"value\" 'value'"), ("\\$v", "$v"), ("\\\\x", "\\x"),
        ("a\\b$v", "a\\bvalue"),
    ])
    func documents(_ text: String, _ expected: String) throws {
        #expect(try DockerfileWords.expandText(text, Self.variables) == expected)
    }

    @Test(arguments: [
        ("${u:?is missing}", "u: is missing"), ("${u?}", "u: is not allowed to be unset"),
        ("${e:?}", "e: is not allowed to be empty"),
        ("${v^}", "unsupported modifier in a substitution of ${v"),
        ("${v:*x}", "unsupported modifier in a substitution of ${v"),
        ("${}", "syntax error: bad substitution in ${"),
        ("${v", "syntax error: bad substitution in ${v"),
        ("'a", "unexpected end of statement while looking for matching single-quote"),
        ("\"a", "unexpected end of statement while looking for matching double-quote"),
        ("${v:-a", "unexpected end of statement while looking for '}'"),
    ])
    func refused(_ word: String, _ message: String) {
        do {
            _ = try DockerfileWords.expand(word, Self.variables)
            Issue.record("was accepted")
        } catch { #expect(error.description == message) }
    }
}
