// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// `load`: what it takes, and what it must refuse.
    @Suite struct LoadTests {
        let swocker = Swocker(images: [])

        /// What the store holds: nothing may remain of a load that failed.
        private func stored() -> [String] {
            entries("\(swocker.root)/layers") + entries("\(swocker.root)/content/blobs/sha256")
                + entries("\(swocker.root)/content/ingest")
        }

        @Test(arguments: ["gzip -n", "zstd -q", "xz -T1 -0", "cat"])
        func compressedArchives(_ filter: String) throws {
            let tool = words(filter)[0]
            try #require(isInstalled(tool), "\(tool) is not installed")
            let archive = swocker.path("archive")
            swocker.host("sh", "-c", "\(filter) < \(Swocker.bundled("busybox")) > \(archive)")
            #expect(
                swocker("load", "-i", archive) == Outcome(0, out: "Loaded image: busybox:latest\n"))
            #expect(swocker("run", "--rm", "busybox", "echo", "hi") == Outcome(0, out: "hi\n"))
        }

        @Test func fromStandardInput() {
            let outcome = swocker("load", input: .file(Swocker.bundled("busybox")))
            #expect(outcome == Outcome(0, out: "Loaded image: busybox:latest\n"))
            let nothing = swocker("load", input: .text(""))
            #expect(
                nothing.code == 1 && nothing.err.split(separator: "\n").count == 1, "\(nothing)")
        }

        @Test func layoutDirectory() {
            let layout = swocker.path("layout")
            mkdir(layout, 0o755)
            swocker.host("tar", "-xf", Swocker.bundled("busybox"), "-C", layout)
            #expect(swocker("load", "-i", layout).out == "Loaded image: busybox:latest\n")
            #expect(swocker("run", "--rm", "busybox", "true").code == 0)
        }

        @Test(.enabled(if: isInstalled("skopeo"), "skopeo is not installed"))
        func dockerArchive() {
            let archive = swocker.path("docker.tar")
            let copied = swocker.host(
                "skopeo", "--insecure-policy", "copy", "-q",
                "oci-archive:\(Swocker.bundled("busybox"))", "docker-archive:\(archive):mine:1")
            #expect(copied.code == 0, "\(copied)")
            #expect(swocker("load", "-i", archive).out == "Loaded image: mine:1\n")
            #expect(swocker("run", "--rm", "mine:1", "echo", "hi") == Outcome(0, out: "hi\n"))
        }

        @Test func layersAndWhiteouts() {
            var image = ImageWriter("layered", in: swocker)
            var upper = TarWriter()
            upper.add("dir/", type: "5")
            upper.add("dir/.wh..wh..opq")
            upper.add("dir/new", Array("n\n".utf8))
            upper.add(".wh.gone")
            image.layers = [
                ImageWriter.busybox {
                    $0.add("dir/", type: "5")
                    $0.add("dir/old", Array("o\n".utf8))
                    $0.add("gone", Array("g\n".utf8))
                }, upper.finished(),
            ]
            #expect(swocker("load", "-i", image.write()).out == "Loaded image: layered:latest\n")
            let outcome = swocker("run", "--rm", "layered", "sh", "-c", "ls dir; ls gone")
            #expect(outcome.out == "new\n", "\(outcome)")
        }

        /// Layers whose names or links lead elsewhere. They may be refused or made harmless, but
        /// nothing outside of the layer changes.
        @Test(arguments: [
            "name-up", "name-absolute", "link-then-file", "absolute-link-then-file", "hard-link-up",
            "hard-link-absolute", "hard-link-through-link", "whiteout-up", "whiteout-of-dot",
            "directory-through-link",
        ])
        func escapes(_ kind: String) {
            let victim = swocker.path("victim")
            mkdir(victim, 0o755)
            make("\(victim)/kept", "kept")
            let up = String(repeating: "../", count: 20) + victim.dropFirst()
            var tar = TarWriter()
            let evil = Array("evil".utf8)
            switch kind {
            case "name-up": tar.add("\(up)/evil", evil)
            case "name-absolute": tar.add("\(victim)/evil", evil)
            case "link-then-file":
                tar.add("l", type: "2", link: up)
                tar.add("l/evil", evil)
            case "absolute-link-then-file":
                tar.add("l", type: "2", link: victim)
                tar.add("l/evil", evil)
                tar.add("l/kept", evil)
            case "hard-link-up":
                tar.add("h", type: "1", link: "\(up)/kept")
                tar.add("h", evil)
            case "hard-link-absolute":
                tar.add("h", type: "1", link: "\(victim)/kept")
            case "hard-link-through-link":
                tar.add("l", type: "2", link: victim)
                tar.add("h", type: "1", link: "l/kept")
            case "whiteout-up": tar.add("\(up)/.wh.kept")
            case "whiteout-of-dot": tar.add("x/.wh...")
            default:
                tar.add("l", type: "2", link: victim)
                tar.add("l/", type: "5", mode: 0o777)
                tar.add("l/sub/", type: "5")
            }
            var image = ImageWriter("hostile", in: swocker)
            image.layers = [tar.finished()]
            let outcome = swocker("load", "-i", image.write())
            #expect(outcome.code == 0 || outcome.code == 1, "\(outcome)")
            #expect(entries(victim) == ["kept"] && text("\(victim)/kept") == "kept", "\(outcome)")
            var status = stat()
            #expect(stat("\(victim)/kept", &status) == 0 && status.st_nlink == 1)
            #expect(stat(victim, &status) == 0 && status.st_mode & 0o777 == 0o755)
            if outcome.code == 1 {
                #expect(outcome.err.split(separator: "\n").count == 1, "\(outcome)")
                #expect(stored().isEmpty, "\(stored())")
            }
        }

        @Test(arguments: [
            "layer-changed", "layer-truncated", "layer-missing", "manifest-changed",
            "index-garbage",
            "index-loop", "media-type", "digest-path", "deep-json", "size",
        ])
        func lies(_ kind: String) {
            var image = ImageWriter("lying", in: swocker)
            image.layers = [ImageWriter.busybox()]
            if kind == "media-type" { image.layerMediaType = "application/x-unknown" }
            let archive = image.write { layout, layers in
                let layer = "\(layout)/blobs/sha256/\(layers[0])"
                let index = "\(layout)/index.json"
                switch kind {
                case "layer-changed":
                    var content = bytes(of: layer)
                    content[600] ^= 1
                    make(layer, content)
                case "layer-truncated": make(layer, Array(bytes(of: layer).dropLast(4096)))
                case "layer-missing": unlink(layer)
                case "manifest-changed":
                    for name in entries("\(layout)/blobs/sha256") {
                        let path = "\(layout)/blobs/sha256/\(name)"
                        let content = text(path)
                        if content.contains("\"layers\":[") && content.contains("schemaVersion") {
                            make(path, content + " ")
                        }
                    }
                case "index-garbage": make(index, "{\"manifests\": [")
                case "index-loop":
                    make(index, text(index).replacing("image.manifest.v1", with: "image.index.v1"))
                case "digest-path":
                    make(
                        index,
                        #"{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:../../../../etc/passwd","size":10}]}"#
                    )
                case "deep-json":
                    make(index, String(repeating: "[", count: 200_000))
                case "size": make(index, text(index).replacing("\"size\":", with: "\"size\":1"))
                default: break
                }
            }
            let outcome = swocker("load", "-i", archive)
            #expect(outcome.code == 1 && outcome.out == "", "\(outcome)")
            #expect(outcome.err.split(separator: "\n").count == 1, "\(outcome)")
            #expect(stored().isEmpty, "\(stored())")
            #expect(swocker("images", "-q") == Outcome(0))
        }

        @Test func truncatedArchive() {
            let whole = bytes(of: Swocker.bundled("busybox"))
            for part in [3, 100, 512, 5000, whole.count / 2] {
                make(swocker.path("part"), Array(whole.prefix(part)))
                let outcome = swocker("load", "-i", swocker.path("part"))
                #expect(
                    outcome.code == 1 && outcome.err.split(separator: "\n").count == 1, "\(outcome)"
                )
                #expect(stored().isEmpty, "\(stored())")
            }
        }

        @Test func unknownCompression() {
            make(swocker.path("odd"), "BZh9" + String(repeating: "nonsense", count: 1000))
            let outcome = swocker("load", "-i", swocker.path("odd"))
            #expect(
                outcome.code == 1 && outcome.err.split(separator: "\n").count == 1, "\(outcome)")
            #expect(swocker("load", "-i", swocker.path("nosuch")).code == 1)
        }

        @Test func controlCharactersDoNotReachTheTerminal() {
            var image = ImageWriter("odd", in: swocker)
            image.layers = [ImageWriter.busybox()]
            image.config = #"{"Cmd":["sh","\u001b[31m"],"Labels":{"a":"\u001b]0;x\u0007"}}"#
            #expect(swocker("load", "-i", image.write()).code == 0)
            swocker("create", "odd")
            #expect(!swocker("ps", "-a").out.contains("\u{1b}"))
            #expect(!swocker("inspect", "odd").out.contains("\u{1b}"))
        }

        @Test func aLoadThatIsKilledLeavesNothingHalfMade() {
            for delay in [2.0, 6, 12, 20] {
                let load = swocker.start("load", "-i", Swocker.bundled("busybox"))
                rest(milliseconds: delay)
                load.send(signal: SIGKILL)
                _ = load.wait()
                #expect(swocker("run", "--rm", "busybox", "echo", "hi").out == "hi\n")
                #expect(swocker("rmi", "busybox").code == 0)
                #expect(entries("\(swocker.root)/content/ingest").isEmpty)
            }
        }
    }
}
