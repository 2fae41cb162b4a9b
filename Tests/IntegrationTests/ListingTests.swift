// SPDX-License-Identifier: Apache-2.0

import Glibc
import OCI
import Testing

extension TheProgram {
    /// ps, images, inspect: what the programs of others read.
    @Suite struct ListingTests {
        let swocker = Swocker()

        @Test func processTable() {
            let empty = swocker("ps")
            #expect(
                empty
                    == Outcome(
                        0,
                        out:
                            "CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES\n"
                    ))
            let id = swocker.sleeper("up")
            swocker("create", "--name", "made", "busybox", "echo", "hi")
            let running = swocker("ps")
            #expect(running.lines.count == 2, "\(running)")
            let row = running.lines.last ?? ""
            #expect(
                row.hasPrefix("\(id.prefix(12))   busybox   \"sh -c trap 'exit 0'…\"   "), "\(row)")
            #expect(row.contains(" Up ") && row.hasSuffix("   up"), "\(row)")
            let all = swocker("ps", "-a")
            #expect(all.lines.count == 3 && all.lines[1].hasSuffix("made"), "newest first: \(all)")
            #expect(swocker("ps", "-q").line == id.prefix(12))
            #expect(swocker("ps", "-q", "--no-trunc").line == id)
            #expect(swocker("ps", "-l", "-q").lines.count == 1)
            #expect(swocker("ps", "-n", "5", "-q").lines.count == 2)
        }

        @Test(arguments: [
            ("{{.Names}}", "two\none\n"),
            ("{{.Names}}\\t{{.Image}}", "two\tbusybox\none\tbusybox\n"),
            ("table {{.Names}}", "NAMES\ntwo\none\n"), ("{{.State}}", "created\ncreated\n"),
            ("{{.Label \"a\"}}", "\n1\n"), ("{{json .Labels}}", "\"\"\n\"a=1\"\n"),
            ("{{upper .Names}}", "TWO\nONE\n"), ("{{len .ID}}", "12\n12\n"),
            ("{{.Status}}", "Created\nCreated\n"),
        ])
        func processFormats(_ format: String, shows text: String) {
            swocker("create", "--name", "one", "-l", "a=1", "busybox")
            swocker("create", "--name", "two", "busybox")
            #expect(swocker("ps", "-a", "--format", format) == Outcome(0, out: text))
        }

        @Test func processesAsJSON() throws {
            swocker("create", "--name", "one", "busybox", "echo", "<&>")
            let outcome = swocker("ps", "-a", "--format", "json")
            let row = try JSONValue(parsing: outcome.line)
            #expect(row["Names"]?.stringValue == "one" && row["State"]?.stringValue == "created")
            #expect(outcome.out.contains("\\u003c\\u0026\\u003e"), "\(outcome)")
        }

        @Test(arguments: [
            ("name=on", "one"), ("name=^/?two$", "two"), ("label=a", "one"), ("label=a=2", ""),
            ("status=running", "two"), ("status=created", "one"), ("ancestor=busybox", "one two"),
            ("ancestor=hello-world", ""), ("exited=3", "three"), ("before=two", "one"),
            ("since=one", "three two"), ("status=exited", "three"),
        ])
        func processFilters(_ filter: String, shows names: String) {
            swocker("create", "--name", "one", "-l", "a=1", "busybox")
            swocker.sleeper("two")
            swocker("run", "--name", "three", "--entrypoint", "sh", "busybox", "-c", "exit 3")
            let outcome = swocker("ps", "-a", "--format", "{{.Names}}", "--filter", filter)
            var expected = words(names)
            if filter == "ancestor=busybox" { expected.append("three") }
            #expect(Set(outcome.lines) == Set(expected), "\(outcome)")
        }

        @Test(arguments: [
            ("--filter=foo=1", 1, "nvalid filter 'foo'"),
            ("--filter=foo", 125, "bad format of filter"),
            ("--format={{.Nope}}", 1, "Nope"), ("--format={{", 1, "template"),
        ])
        func badListing(_ option: String, code: Int32, says text: String) {
            swocker("create", "--name", "one", "busybox")
            let outcome = swocker("ps", "-a", option)
            #expect(outcome.code == code && outcome.err.contains(text), "\(outcome)")
        }

        @Test func statusWords() {
            swocker("run", "--name", "three", "busybox", "sh", "-c", "exit 3")
            let status = swocker("ps", "-a", "--format", "{{.Status}}").line
            #expect(status.hasPrefix("Exited (3) ") && status.hasSuffix(" ago"), "\(status)")
        }

        @Test func inspection() throws {
            let id = swocker.sleeper("up", "-e", "A=1", "--memory", "32m", "-v", "vol:/data")
            let outcome = swocker("inspect", "up")
            let objects = try JSONValue(parsing: outcome.out).arrayValue ?? []
            #expect(objects.count == 1 && outcome.out.hasPrefix("[\n    {\n"))
            let object = try #require(objects.first)
            #expect(object["Id"]?.stringValue == id && object["Name"]?.stringValue == "/up")
            #expect(object["State"]?["Running"]?.boolValue == true)
            #expect(object["State"]?["Pid"]?.integerValue ?? 0 > 1)
            #expect(object["HostConfig"]?["Memory"]?.integerValue == 32 << 20)
            #expect(object["Image"]?.stringValue?.hasPrefix("sha256:") == true)
            #expect(object["Mounts"]?.arrayValue?.first?["Name"]?.stringValue == "vol")
            let environment = object["Config"]?["Env"]?.arrayValue?.compactMap(\.stringValue) ?? []
            #expect(environment.contains("A=1"))
        }

        @Test(arguments: [
            ("{{.Name}}", "/one"), ("{{.Config.Cmd}}", "[echo a b]"),
            ("{{json .Config.Cmd}}", #"["echo","a b"]"#),
            ("{{.State.Running}}", "false"), ("{{index .Config.Labels \"a\"}}", "1"),
            ("{{.HostConfig.NetworkMode}}", "none"), ("{{len .Id}}", "64"),
            ("{{range .Config.Cmd}}<{{.}}>{{end}}", "<echo><a b>"),
            ("{{.State.StartedAt}}", "0001-01-01T00:00:00Z"),
        ])
        func inspectTemplates(_ template: String, shows text: String) {
            swocker(
                "create", "--name", "one", "-l", "a=1", "--network", "none", "busybox", "echo",
                "a b")
            #expect(swocker.inspect("one", template) == text)
        }

        @Test func inspectOfWhatIsNot() {
            swocker("create", "--name", "one", "busybox")
            let mixed = swocker("inspect", "-f", "{{.Name}}", "one", "nosuch", "one")
            #expect(mixed.code == 1 && mixed.out == "/one\n/one\n", "\(mixed)")
            #expect(mixed.err.contains("o such object: nosuch"), "\(mixed)")
            #expect(swocker("inspect", "nosuch").out == "[]\n")
            #expect(swocker("inspect", "-f", "{{", "one").code == 64)
            #expect(swocker("inspect", "-f", "{{.Nope}}", "one").code == 1)
        }

        @Test func images() {
            swocker("create", "busybox")
            swocker("create", "hello-world")
            let table = swocker("images")
            #expect(table.lines.count == 3, "\(table)")
            for word in ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"] {
                #expect(table.lines.first?.contains(word) == true)
            }
            let names = swocker("images", "--format", "{{.Repository}}:{{.Tag}}").lines
            #expect(Set(names) == ["busybox:latest", "hello-world:latest"])
            #expect(swocker("image", "ls", "-q", "busybox").line.utf8.count == 12)
            #expect(swocker("images", "-q", "--no-trunc", "b*").line.hasPrefix("sha256:"))
            #expect(swocker("images", "-q", "bus") == Outcome(0))
            #expect(swocker.inspect("busybox", "{{.Config.Cmd}} {{.Os}}") == "[sh] linux")
        }

        @Test func imageRemoval() {
            swocker("create", "--name", "user", "busybox")
            let refused = swocker("rmi", "busybox")
            #expect(refused.code == 1, "\(refused)")
            #expect(
                refused.err.contains(
                    "conflict: unable to remove repository reference \"busybox\" (must force) - container "
                ), "\(refused)")
            swocker("rm", "user")
            let removed = swocker("rmi", "busybox")
            #expect(
                removed.code == 0 && removed.out.hasPrefix("Untagged: busybox:latest\n"),
                "\(removed)")
            #expect(removed.out.contains("Deleted: sha256:"))
            let gone = swocker("rmi", "busybox")
            #expect(gone.code == 1 && gone.err.contains("No such image: busybox:latest"), "\(gone)")
            #expect(entries("\(swocker.root)/layers").filter { $0.utf8.count >= 64 }.isEmpty)
            #expect(entries("\(swocker.root)/content/blobs/sha256").isEmpty)
        }

        @Test func lookUp() {
            let id = swocker.sleeper("named")
            for name in [id, "named", "/named", String(id.prefix(4))] {
                #expect(swocker.inspect(name, "{{.Id}}") == id)
            }
        }
    }
}
