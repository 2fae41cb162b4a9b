// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// `save`, `tag`, `history`.
    @Suite struct SaveTests {
        let swocker = Swocker(images: ["busybox", "hello-world"])

        @Test func aFileAppearsWhenItIsComplete() {
            let path = swocker.path("saved.tar")
            #expect(swocker("save", "-o", path, "busybox") == Outcome(0))
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o600)
            #expect(swocker("save", "busybox", "nosuch", "-o", swocker.path("no.tar")).code == 1)
            #expect(access(swocker.path("no.tar"), F_OK) != 0)
            let again = swocker.path("again.tar")
            swocker.host(
                "sh", "-c", "\(Swocker.program) --root \(swocker.root) save busybox > \(again)")
            #expect(bytes(of: again) == bytes(of: path))
        }

        @Test func aFullDiskLeavesNothing() {
            let disk = swocker.path("disk")
            mkdir(disk, 0o700)
            let mounted = swocker.host("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk)
            guard mounted.code == 0 else {
                Issue.record("cannot mount: \(mounted)")
                return
            }
            swocker.atEnd { umount2(disk, CInt(MNT_DETACH)) }
            let outcome = swocker("save", "-o", "\(disk)/saved.tar", "busybox")
            #expect(outcome.code == 1 && outcome.err.contains("no space left"), "\(outcome)")
            #expect(entries(disk) == [])
        }

        @Test func deathLeavesNothing() {
            let folder = swocker.path("out")
            mkdir(folder, 0o700)
            for delay in 0..<12 {
                let saving = swocker.start("save", "-o", "\(folder)/saved.tar", "busybox")
                usleep(useconds_t(delay * 1500))
                saving.send(signal: SIGKILL)
                let ended = saving.wait()
                let left = entries(folder)
                #expect(left.isEmpty || left == ["saved.tar"], "\(left)")
                if left == ["saved.tar"] {
                    #expect(
                        swocker("load", "-q", "-i", "\(folder)/saved.tar").code == 0, "\(ended)")
                }
                unlink("\(folder)/saved.tar")
            }
        }

        @Test(.enabled(if: isInstalled("skopeo"), "skopeo is not installed"))
        func skopeoReadsIt() {
            let path = swocker.path("saved.tar")
            #expect(swocker("tag", "busybox", "mine:1") == Outcome(0))
            #expect(swocker("save", "-o", path, "busybox", "mine:1").code == 0)
            let id = swocker.inspect("busybox", "{{.Id}}")
            for source in [
                "oci-archive:\(path):latest", "oci-archive:\(path):1",
                "docker-archive:\(path):busybox:latest", "docker-archive:\(path):mine:1",
            ] {
                let raw = swocker.host("skopeo", "inspect", "--raw", source)
                #expect(raw.code == 0 && raw.out.contains(id), "\(source): \(raw)")
            }
        }

        @Test(.enabled(if: isInstalled("podman"), "podman is not installed"))
        func podmanReadsIt() {
            let path = swocker.path("saved.tar")
            #expect(swocker("save", "-o", path, "busybox", "hello-world").code == 0)
            let own = [
                "podman", "--root", swocker.path("pod"), "--runroot", swocker.path("podrun"),
                "--storage-driver", "vfs",
            ]
            func podman(_ words: String...) -> Outcome {
                ChildProcess(own + words, swocker.surroundings()).wait()
            }
            #expect(podman("load", "-q", "-i", path).code == 0)
            let ids = podman("images", "-q", "--no-trunc").lines
            #expect(ids.contains(swocker.inspect("busybox", "{{.Id}}")), "\(ids)")
            #expect(podman("rmi", "-af").code == 0)
        }

        @Test func aStepIsLoadedWhereTheRestIs() {
            var image = ImageWriter("step", in: swocker)
            image.layers = [ImageWriter.busybox()]
            #expect(swocker("load", "-q", "-i", image.write()).code == 0)
            #expect(swocker("tag", "step", "base") == Outcome(0))
            var top = TarWriter()
            top.add("new", Array("new\n".utf8))
            image.layers.append(top.finished())
            #expect(swocker("load", "-q", "-i", image.write()).code == 0)
            let path = swocker.path("since.tar")
            #expect(swocker("save", "--since", "base", "-o", path, "step") == Outcome(0))
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_size < 40_000)
            let other = Swocker(images: [])
            let refused = other("load", "-q", "-i", path)
            #expect(refused.code == 1 && refused.err.contains("load that one first"))
            let base = swocker.path("base.tar")
            #expect(swocker("save", "-o", base, "base").code == 0)
            #expect(other("load", "-q", "-i", base).code == 0)
            #expect(other("load", "-q", "-i", path).out == "Loaded image: step:latest\n")
            #expect(other("run", "--rm", "step", "cat", "/new").out == "new\n")
        }

        @Test func namesAndHistory() {
            #expect(swocker("tag", "busybox", "hello-world:mine") == Outcome(0))
            #expect(swocker("tag", "nosuch", "x").err.contains("No such image: nosuch:latest"))
            #expect(
                swocker("tag", "busybox", "x@sha256:\(String(repeating: "0", count: 64))").err
                    == "Error response from daemon: refusing to create a tag with a digest reference\n"
            )
            let id = swocker.inspect("busybox", "{{.Id}}")
            #expect(swocker("history", "-q", "--no-trunc", "hello-world:mine").out == "\(id)\n")
            #expect(
                swocker("history", "--format", "{{.ID}} {{.Comment}}", "busybox").out
                    == "\(id.dropFirst(7).prefix(12)) made by swocker\n")
            #expect(swocker("history", "nosuch").code == 1)
            let table = swocker("history", "--human=false", "busybox").lines
            #expect(words(table[0]) == ["IMAGE", "CREATED", "CREATED", "BY", "SIZE", "COMMENT"])
        }

        @Test(arguments: [
            ("-o /nowhere/x busybox", "invalid output path: directory \"/nowhere\" does not exist"),
            ("-o /dev/null busybox", "must be a directory or a regular file: got a device"),
            ("--platform linux/riscv64 busybox", "does not provide the specified platform"),
            ("--platform linux/amd64,linux/386 busybox", "more than one --platform"),
        ])
        func refusals(_ line: String, _ message: String) {
            let outcome = swocker(["save"] + words(line))
            #expect(outcome.code == 1 && outcome.err.contains(message), "\(outcome)")
        }

        @Test func noTerminalGetsATar() {
            let session = swocker.terminal("save", "busybox")
            session.expect("cowardly refusing to save to a terminal")
            #expect(session.wait().code == 1)
        }
    }
}
