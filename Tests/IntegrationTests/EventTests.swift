// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// What `events` tells of other commands.
    @Suite struct EventTests {
        let swocker = Swocker()

        /// Everything so far, by this template.
        private func past(_ options: String..., format: String = "{{.Action}}") -> [String] {
            swocker(["events", "--until", "0s", "--format", format] + options).lines
        }

        @Test func ofALife() {
            swocker.sh("exit 3", "--name", "brief", "-v", "data:/data")
            #expect(
                past("-f", "type=container")
                    == ["create", "attach", "start", "die", "destroy"])
            #expect(past("-f", "type=volume") == ["create", "mount", "unmount"])
            #expect(past("-f", "event=die", format: "{{.Actor.Attributes.exitCode}}") == ["3"])
            swocker.sleeper("web", "--label", "tier=front")
            swocker("exec", "web", "true")
            swocker("stop", "web")
            swocker("rm", "web")
            #expect(
                past("-f", "container=web")
                    == [
                        "create", "start", "exec_create: true", "exec_start: true", "exec_die",
                        "kill", "die", "stop", "destroy",
                    ])
            #expect(past("-f", "label=tier=front", "-f", "event=kill") == ["kill"])
            #expect(past("-f", "type=image").last == "load")
        }

        @Test func ofNetworksAndFiles() {
            swocker("network", "create", "backend")
            swocker.sleeper("files", "--network", "backend")
            swocker("network", "connect", "bridge", "files")
            make(swocker.path("file"), "content")
            swocker("cp", swocker.path("file"), "files:/tmp/file")
            swocker("cp", "files:/tmp/file", swocker.path("back"))
            swocker("commit", "-m", "words", "files", "changed:1")
            swocker("export", "-o", swocker.path("tar"), "files")
            swocker("rm", "-f", "files")
            swocker("network", "rm", "backend")
            swocker("network", "prune", "-f")
            #expect(
                past("-f", "type=container")
                    == [
                        "create", "start", "extract-to-dir", "archive-path", "pause", "commit",
                        "unpause", "export", "kill", "die", "destroy",
                    ])
            let shown = "{{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.type}}"
            #expect(
                past("-f", "type=network", format: shown)
                    == [
                        "create backend bridge", "connect backend bridge",
                        "connect bridge bridge", "disconnect backend bridge",
                        "disconnect bridge bridge", "destroy backend bridge",
                        "prune <no value> <no value>",
                    ])
            #expect(
                past(
                    "-f", "event=commit",
                    format: "{{.Actor.Attributes.comment}} {{.Actor.Attributes.imageRef}}")
                    == ["words changed:1"])
            #expect(
                past("-f", "event=tag", format: "{{.Actor.Attributes.name}}") == ["changed:1"])
        }

        @Test func ofOneThatDoesNotObey() {
            swocker("run", "-d", "--name", "deaf", "busybox", "sleep", "1000")
            swocker("stop", "-t", "0", "deaf")
            #expect(
                past("-f", "event=kill", format: "{{.Actor.Attributes.signal}}") == ["15", "9"])
        }

        @Test func inDockersForm() {
            let id = swocker("create", "--name", "form", "busybox").line
            let line = swocker("events", "--until", "0s", "-f", "container=form").line
            let words = line.split(separator: " ", maxSplits: 1)
            #expect(words.first?.utf8.count == "2026-11-23T19:24:46.021578772Z".utf8.count)
            #expect(words.last == "container create \(id) (image=busybox, name=form)")
            let json = swocker(
                "events", "--until", "0s", "-f", "container=form", "--format", "json")
            #expect(json.line.hasPrefix(#"{"status":"create","id":"\#(id)","from":"busybox","#))
        }

        @Test func asTheyHappenToSeveralReaders() {
            let readers = (0..<3).map { _ in
                swocker.start(
                    "events", "-f", "event=start", "--format", "{{.Actor.Attributes.name}}")
            }
            usleep(300_000)
            for name in ["e1", "e2"] { swocker("run", "-d", "--name", name, "busybox", "true") }
            for reader in readers {
                #expect(reader.collect(seconds: 5) { $0.out == "e1\ne2\n" }, "\(reader.out)")
                reader.send(signal: SIGINT)
                #expect(reader.wait().code == -SIGINT)
            }
        }

        @Test func whileNothingHappensNothingIsDone() {
            let reader = swocker.start("events")
            usleep(300_000)
            let before = text("/proc/\(reader.pid)/stat")
            usleep(1_000_000)
            #expect(text("/proc/\(reader.pid)/stat") == before)
            reader.send(signal: SIGTERM)
            #expect(reader.wait().code == -SIGTERM)
        }

        @Test func untilATimeToCome() {
            let begin = now()
            #expect(swocker("events", "--since", "0s", "--until", "-1s") == Outcome(0))
            #expect(now() - begin > 0.8 && now() - begin < 5)
        }

        @Test func refuses() {
            let key = swocker("events", "-f", "nope=1", "--until", "0s")
            #expect(key.code == 1 && key.err.contains("invalid filter 'nope'"), "\(key)")
            #expect(swocker("events", "--format", "{{", "--until", "0s").code == 64)
            #expect(swocker("events", "--format", "{{.Nope}}", "--until", "0s").code == 64)
            #expect(swocker("events", "--since", "rubbish").code == 1)
            #expect(swocker("events", "-f", "rubbish").code == 125)
        }
    }
}
