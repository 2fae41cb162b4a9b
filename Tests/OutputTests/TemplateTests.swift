// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import swocker

/// A document with the shape of an inspected container, over which Docker's client printed the
/// expected texts below.
let inspected = """
    {"Id":"abc","Created":"2026-11-23T19:24:46.021578772Z","Path":"sh","Args":["-c","x"],"State":
    {"Status":"running","Running":true,"Dead":false,"Pid":12,"ExitCode":0,"Error":""},"Name":"/web",
    "RestartCount":0,"ExecIDs":null,"HostConfig":{"Binds":null,"PortBindings":{"80/tcp":[{"HostIp":
    "","HostPort":"8080"}]},"CpuShares":7,"Dns":["1.1.1.1"],"PidsLimit":null,"LogConfig":{"Type":
    "json-file","Config":{}}},"Mounts":[{"Type":"bind","Source":"/a","Destination":"/b","RW":true}],
    "Config":{"Hostname":"h","Healthcheck":{"Interval":90000000000},"Env":["A=b","PATH=/bin"],"Cmd":["sh"],"Entrypoint":null,"Volumes":null,
    "Labels":{"z":"1","a.b":"<2>"}},"NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"0.0.0.0",
    "HostPort":"8080"}],"90/tcp":null},"IPAddress":"172.17.0.2","Networks":{"bridge":{"IPAddress":
    "172.17.0.2","Gateway":"172.17.0.1","Aliases":null,"IPAMConfig":null}}}}
    """

func inspect(_ format: String?) throws -> String {
    var output = try InspectOutput(format: format)
    try output.add(JSONValue(parsing: inspected), types: .container)
    return output.text
}

struct TemplateTests {
    @Test(arguments: [
        ("{{.Id}} {{.ID}}", "abc abc"),
        (
            "{{.Config.Healthcheck.Interval}} {{with .Config.Healthcheck}}{{.Timeout}} {{.Retries}}{{end}}",
            "1m30s 0s 0"
        ),
        ("{{.State.Health}}", "<nil>"),
        ("{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}", "none"),
        (
            "{{.Config.Labels.z}} {{.Config.Labels.nope}} [{{index .Config.Labels \"nope\"}}]",
            "1 <no value> []"
        ),
        ("{{index .Config.Labels \"a.b\"}}", "<2>"),
        ("{{.HostConfig.Binds}} {{.Config.Volumes}} {{.ExecIDs}}", "[] map[] []"),
        ("{{.HostConfig.PidsLimit}} {{.Config.Env}}", "<nil> [A=b PATH=/bin]"),
        ("{{.Config.Labels}}", "map[a.b:<2> z:1]"),
        ("{{json .Config.Labels}} {{json .HostConfig.Binds}}", #"{"z":"1","a.b":"<2>"} null"#),
        (
            "{{range $k,$v := .NetworkSettings.Networks}}{{$k}}={{$v.IPAddress}} {{end}}",
            "bridge=172.17.0.2 "
        ),
        ("{{range .Mounts}}{{.Source}}:{{.Destination}} {{.RW}}{{end}}", "/a:/b true"),
        ("{{(index (index .NetworkSettings.Ports \"80/tcp\") 0).HostPort}}", "8080"),
        ("{{(index (index .NetworkSettings.Ports \"80/tcp\") 0).HostIP}}", "0.0.0.0"),
        ("{{len .Args}} {{join .Config.Env \";\"}} {{len .Config.Cmd}}", "2 A=b;PATH=/bin 1"),
        ("{{.HostConfig.CPUShares}} {{.HostConfig.CpuShares}}", "7 7"),
        ("{{.NetworkSettings.Networks.nope.IPAddress}}", "<no value>"),
        ("{{.NetworkSettings.Networks.nope}}", "<no value>"),
        (
            "{{if eq .State.Status \"running\"}}up{{else if .State.Dead}}dead{{else}}no{{end}}",
            "up"
        ),
        ("{{with .State}}{{.Pid}} {{$.Id}}{{end}} {{println .Path .Args}}", "12 abc sh [-c x]\n"),
        (
            "{{.HostConfig.LogConfig.Config}} {{.HostConfig.PortBindings}}",
            "map[] map[80/tcp:[{ 8080}]]"
        ),
        (
            "{{.RestartCount}} {{.Created}} {{.SizeRw}} {{.Config.StopSignal}}x",
            "0 2026-11-23T19:24:46.021578772Z <nil> x"
        ),
        ("{{range .Args}}{{.}}{{break}}{{end}}", "-c"),
        ("{{range .Args}}{{if eq . \"-c\"}}{{continue}}{{end}}{{.}}{{end}}", "x"),
        ("{{range .State.Pid}}.{{end}}", "............"),
        ("{{range .HostConfig.Binds}}{{.}}{{else}}empty{{end}}", "empty"),
        ("{{define \"T\"}}[{{.}}]{{end}}{{template \"T\" .Id}}", "[abc]"),
        ("{{block \"B\" .Name}}<{{.}}>{{end}}", "</web>"),
        ("{{.Id | printf \"%s-%s\" .Name | upper}}", "/WEB-ABC"),
        ("{{.Id | }}", "abc"),
    ])
    func overInspectedContainer(_ template: String, prints text: String) throws {
        #expect(try inspect(template) == text + "\n")
    }

    @Test(arguments: [
        ("{{- \" a \" -}} x  {{- 3 }}", " a x3"), ("a {{- /* no */ -}} b{{/* c */}}", "ab"),
        ("{{with $x := 3}}{{$x}}{{end}}{{$y := 4}}{{$y = 5}}{{$y}}", "35"),
        ("{{range 3}}{{.}}{{end}} {{range $i := 2}}{{$i}}{{end}}", "012 01"),
        (
            "{{lt 1 20}} {{gt 1.5 2.5}} {{and 1 0}} {{or 0 \"x\"}} {{not true}}",
            "true false 0 x false"
        ),
        ("{{eq 1 2 1}} {{ne \"a\" \"b\"}} {{le 2 2}} {{ge \"a\" \"b\"}}", "true true true false"),
        ("{{and false (index nil 1)}}", "false"),
        (
            "{{slice \"/web\" 1}} {{html \"<a>\"}} {{js \"\\\"x\"}} {{urlquery \"a b&c\"}}",
            "web &lt;a&gt; \\\"x a+b%26c"
        ),
        ("{{print 1 2 \"x\" \"y\" 3}} {{title \"hello wide world\"}}", "1 2xy3 Hello Wide World"),
        (
            "{{pad \"x\" 2 2}}|{{truncate \"hello\" 3}} {{split \"a:b\" \":\"}} {{lower \"ABC\"}}",
            "  x  |hel [a b] abc"
        ),
        (
            "{{truncate \"äö\" 3}} {{len (split \"abc\" \"\")}} {{join (split \"a:b\" \":\") \",\"}}",
            "ä 3 a,b"
        ),
        (
            "{{printf \"%5.2f|%-5s|%05d|%+d|%x|%c|%%|%T|%q|%6.3v|%d\" 3.14159 \"ab\" 42 7 255 65 \"s\" 65 \"abcdef\" \"no\"}}",
            " 3.14|ab   |00042|+7|ff|A|%|string|'A'|   abc|%!d(string=no)"
        ),
        (
            "{{printf \"%s\" 3}} {{printf \"%v\" 1 2}} {{printf \"%d\"}}",
            "%!s(int=3) 1%!(EXTRA int=2) %!d(MISSING)"
        ),
        (
            "{{printf \"%*d|%.2s|%t|%q|%x|%08.3f|%e\" 4 7 \"abc\" true \"a\\n\" \"hi\" 3.14159 1500.0}}",
            "   7|ab|true|\"a\\n\"|6869|0003.142|1.500000e+03"
        ),
        (
            "{{0x10}} {{1_000}} {{'a'}} {{1.5}} {{1e3}} {{-3}} {{true}} {{`r\\n`}}",
            "16 1000 97 1.5 1000 -3 true r\\n"
        ),
        ("{{index \"abc\" 1}} {{len \"äb\"}} {{\"\\u00e9\\x41\\101\"}}", "98 3 éAA"),
        ("{{range $i, $c := (split \"x,y\" \",\")}}{{if $i}}, {{end}}{{$c}}{{end}}", "x, y"),
        ("{{if (and true (eq 1 1))}}yes{{end}}", "yes"), ("{{.}}", "<no value>"),
        (
            "{{1000000.0}} {{123456.0}} {{999999.5}} {{12345678.9}} {{0.000012}} {{-2.50}} {{1e21}}",
            "1e+06 123456 999999.5 1.23456789e+07 1.2e-05 -2.5 1e+21"
        ),
        (
            "{{printf \"%05t|%-05s|%05v|%05.2f|%+05d|%g\" true \"a\" \"b\" 1.5 3 1e10}}",
            "0true|a    |0000b|01.50|+0003|1e+10"
        ),
        ("{{/* only */}}", ""), ("", ""), ("a{{\"{{\"}}b", "a{{b"), ("x\n{{1}}\n", "x\n1\n"),
    ])
    func overNothing(_ template: String, prints text: String) throws {
        #expect(try Template(parsing: template).text(over: .none) == text)
    }

    @Test(arguments: [
        ("{{.Nope", "1: unclosed action"), ("{{foo}}", "1: function \"foo\" not defined"),
        ("{{end}}", "1: unexpected {{end}}"), ("{{if}}x{{end}}", "1: missing value for if"),
        ("{{if .Id}}x", "1: unexpected EOF"), ("{{\"abc", "1: unterminated quoted string"),
        ("{{$x}}", "1: undefined variable \"$x\""), ("{{break}}", "1: {{break}} outside {{range}}"),
        ("{{&}}", "1: unexpected \"&\" in command"),
        ("{{3 | 4}}", "1: non executable command in pipeline stage 2"),
        ("a\n{{.A}}\n{{nope}}", "3: function \"nope\" not defined"),
        ("{{(.A}}", "1: unclosed left paren"), ("{{.A)}}", "1: unexpected right paren"),
        ("{{/* x }}", "1: unclosed comment"), ("{{}}", "1: missing value for command"),
        ("{{table .}}", "1: function \"table\" not defined"),
        ("{{define \"x\"}}", "1: unexpected EOF"), ("{{`x}}", "1: unterminated raw quoted string"),
        ("{{1x}}", "1: bad number syntax: \"1x\""), ("{{\"\\q\"}}", "1: invalid syntax"),
        ("{{else}}", "1: unexpected {{else}}"),
    ])
    func refuses(_ template: String, because reason: String) {
        let error = #expect(throws: TemplateError.self) { try Template(parsing: template) }
        #expect(error?.description == "template: :" + reason)
        #expect(error?.phase == .parsing)
    }

    @Test func refusesDeepNesting() {
        let ifs = String(repeating: "{{if 1}}", count: 10_000)
        let parentheses = "{{" + String(repeating: "(", count: 10_000)
        #expect(throws: TemplateError.self) { try Template(parsing: ifs) }
        #expect(throws: TemplateError.self) {
            try Template(parsing: parentheses + "1" + String(repeating: ")", count: 10_000) + "}}")
        }
        #expect(throws: TemplateError.self) {
            try Template(parsing: "{{define \"a\"}}{{template \"a\"}}{{end}}{{template \"a\"}}")
                .text(over: .none)
        }
    }

    @Test(arguments: [
        ("{{.Nope}}", "1:2: executing \"\" at <.Nope>: map has no entry for key \"Nope\""),
        (
            "{{.State.Nope}}",
            "1:8: executing \"\" at <.State.Nope>: map has no entry for key \"Nope\""
        ),
        (
            "{{.State.Health.Status}}",
            "1:8: executing \"\" at <.State.Health.Status>: map has no entry for key \"Health\""
        ),
        (
            "{{range $p, $c := .NetworkSettings.Ports}}{{$p}} -> {{(index $c 0).HostPort}} {{end}}",
            "1:55: executing \"\" at <index $c 0>: error calling index: index of untyped nil"
        ),
        (
            "{{(index (index .NetworkSettings.Ports \"81/tcp\") 0).HostPort}}",
            "1:3: executing \"\" at <index (index .NetworkSettings.Ports \"81/tcp\") 0>: error calling index: index of untyped nil"
        ),
        (
            "{{index .Args 5}}",
            "1:2: executing \"\" at <index .Args 5>: error calling index: index out of range: 5"
        ),
        (
            "{{index .Args 2}}",
            "1:2: executing \"\" at <index .Args 2>: error calling index: reflect: slice index out of range"
        ),
        (
            "{{template \"x\"}}",
            "1:11: executing \"\" at <{{template \"x\"}}>: template \"x\" not defined"
        ),
        (
            "{{.Id.Foo}}",
            "1:5: executing \"\" at <.Id.Foo>: can't evaluate field Foo in type interface {}"
        ),
        ("{{1 2}}", "1:2: executing \"\" at <1>: can't give argument to non-function 1"),
        ("{{len 3}}", "1:2: executing \"\" at <len 3>: error calling len: len of type int"),
        ("{{len}}", "1:2: executing \"\" at <len>: wrong number of args for len: want 1 got 0"),
        ("{{.Id \"x\"}}", "1:2: executing \"\" at <.Id>: Id is not a method but has arguments"),
        (
            "a\nb {{.Id}} {{.Nope}}",
            "2:12: executing \"\" at <.Nope>: map has no entry for key \"Nope\""
        ),
        (
            "{{call .Id}}",
            "1:2: executing \"\" at <call .Id>: error calling call: non-function .Id of type string"
        ),
        ("{{upper 1}}", "1:8: executing \"\" at <1>: expected string; found 1"),
        ("{{upper nil}}", "1:8: executing \"\" at <nil>: cannot assign nil to string"),
        ("{{pad \"a\" \"b\" 1}}", "1:10: executing \"\" at <\"b\">: expected integer; found \"b\""),
        (
            "{{range $i, $c := \"ab\"}}{{end}}",
            "1:18: executing \"\" at <\"ab\">: range can't iterate over ab"
        ),
        (
            "{{.Name upper}}",
            "1:2: executing \"\" at <.Name>: Name is not a method but has arguments"
        ),
        ("{{nil}}", "1:2: executing \"\" at <nil>: nil is not a command"),
        (
            "{{range .Name}}.{{end}}",
            "1:8: executing \"\" at <.Name>: range can't iterate over /web"
        ),
        (
            "{{eq .State.Pid \"12\"}}",
            "1:2: executing \"\" at <eq .State.Pid \"12\">: error calling eq: incompatible types for comparison"
        ),
    ])
    func stops(_ template: String, because reason: String) {
        let error = #expect(throws: TemplateError.self) { try inspect(template) }
        #expect(error?.description == "template: :" + reason)
        #expect(error?.phase == .execution)
    }

    @Test func controlsInValuesDoNotReachTerminals() throws {
        let value = TemplateValue.json(["a": "x\u{1B}[2Jy\u{202E}\n"], nil)
        let template = try Template(parsing: "\u{1B}[1m{{.a}}")
        #expect(try template.text(over: value, isInert: true) == "\u{1B}[1mx\\x1b[2Jy\\u202e\n")
        #expect(try template.text(over: value) == "\u{1B}[1mx\u{1B}[2Jy\u{202E}\n")
    }
}

struct InspectTests {
    @Test func arrayOfDocuments() throws {
        var output = try InspectOutput(format: nil)
        #expect(output.text == "[]\n")
        try output.add(["Id": "<a>"], types: .image)
        #expect(output.text == "[\n    {\n        \"Id\": \"<a>\"\n    }\n]\n")
    }

    @Test func compactArray() throws {
        var output = try InspectOutput(format: "json")
        try output.add(["Id": "a"], types: .image)
        try output.add(["Id": "b"], types: .image)
        #expect(output.text == "[{\"Id\":\"a\"},{\"Id\":\"b\"}]\n")
    }

    @Test func templateWithoutObjectsPrintsAnEmptyLine() throws {
        #expect(try InspectOutput(format: "{{.Id}}").text == "\n")
    }

    @Test(arguments: [
        ("{{.Variant}}|{{.Author}}|{{index .Config.Labels \"x\"}}", "||"),
        ("{{.RepoTags}}", "[a:b]"),
    ])
    func omittedMembers(_ template: String, prints text: String) throws {
        var output = try InspectOutput(format: template)
        try output.add(["RepoTags": ["a:b"], "Config": ["Labels": nil]], types: .image)
        #expect(output.text == text + "\n")
    }
}
