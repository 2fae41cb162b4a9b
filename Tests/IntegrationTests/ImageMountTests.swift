// SPDX-License-Identifier: Apache-2.0

import Testing

extension TheProgram {
    /// `--mount type=image`: an image's files at a path of a container.
    @Suite struct ImageMountTests {
        let swocker = Swocker()

        /// An image of three layers, of which the upper ones hide and add.
        private func makeTools() {
            swocker(
                "run", "--name", "first", "busybox", "sh", "-c",
                "mkdir -p /tools/a; echo one > /tools/a/f; echo gone > /tools/gone")
            swocker("commit", "first", "tools:1")
            swocker(
                "run", "--name", "second", "tools:1", "sh", "-c",
                "rm /tools/gone; echo two > /tools/a/g; chown 5:6 /tools/a/g")
            swocker("commit", "second", "tools:2")
            swocker("rm", "first", "second")
        }

        @Test(arguments: ["", "--userns=host"])
        func layersOverEachOther(_ users: String) {
            makeTools()
            let options = users.isEmpty ? [] : [users]
            let script = "ls /i/tools; cat /i/tools/a/*; stat -c %u:%g /i/tools/a/g; touch /i/x"
            let outcome = swocker(
                ["run", "--rm"] + options
                    + ["--mount", "type=image,src=tools:2,dst=/i", "busybox", "sh", "-c", script])
            #expect(outcome.out == "a\none\ntwo\n5:6\n", "\(outcome)")
            #expect(outcome.code == 1 && outcome.err.contains("Read-only file system"))
            let part = swocker(
                ["run", "--rm"] + options
                    + [
                        "--mount", "type=image,src=tools:2,dst=/i,image-subpath=tools/a", "busybox",
                        "ls", "/i",
                    ])
            #expect(part == Outcome(0, out: "f\ng\n"))
        }

        @Test func oneLayer() {
            let outcome = swocker(
                "run", "--rm", "--mount", "type=image,src=busybox,dst=/i,image-subpath=etc",
                "busybox", "cat", "/i/group")
            #expect(outcome.code == 0 && outcome.out.contains("root:"), "\(outcome)")
        }

        @Test func isInUse() {
            makeTools()
            let id = swocker.inspect("tools:2", "{{.Id}}")
            swocker("run", "--name", "user", "--mount", "type=image,src=tools:2,dst=/i", "busybox")
            #expect(
                swocker.inspect(
                    "user",
                    "{{with index .Mounts 0}}{{.Type}} {{.Name}} {{.Destination}} {{.RW}}{{end}}")
                    == "image tools:2 /i false")
            #expect(swocker("rmi", "tools:2").code == 1)
            #expect(swocker("image", "prune", "-af").code == 0)
            #expect(swocker.inspect("tools:2", "{{.Id}}") == id)
            // Also of one that does not run.
            let copied = swocker("cp", "user:/i/tools/a/f", "-")
            #expect(copied.code == 0 && copied.out.contains("one\n"), "\(copied)")
            #expect(swocker("diff", "user").out == "A /i\n")
            #expect(swocker("start", "-a", "user").code == 0)
            swocker("rm", "user")
            #expect(swocker("rmi", "tools:2").code == 0)
        }

        @Test func refuses() {
            for (fields, words) in [
                ("src=missing,dst=/i", "No such image: missing"),
                ("dst=/i", "field Source must not be empty"),
                ("src=busybox,dst=/i,image-subpath=../etc", "subpath must be a relative path"),
                ("src=busybox,dst=/i,image-subpath=no/such", "no such file or directory"),
            ] {
                let refused = swocker("run", "--rm", "--mount", "type=image,\(fields)", "busybox")
                #expect(refused.code >= 125 && refused.err.contains(words), "\(refused)")
            }
        }
    }
}
