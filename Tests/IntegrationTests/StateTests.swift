// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// What every command says to a container that is not as it should be.
    @Suite struct StateTests {
        let swocker = Swocker()

        /// One command, the container's place marked by `@`, its exit code and words of its answer: `#`
        /// is the container's id.
        struct Row {
            let command: String
            let code: Int32
            let says: String

            init(_ command: String, _ code: Int32, _ says: String) {
                (self.command, self.code, self.says) = (command, code, says)
            }
        }

        private static let all = [
            "start @", "stop @", "kill @", "restart @", "rm @", "pause @", "unpause @",
            "rename @ other", "attach @", "exec @ true", "logs @", "wait @", "top @", "port @",
            "stats --no-stream @", "diff @", "export @", "cp @:/etc/passwd -", "cp - @:/tmp",
            "commit @", "update --cpus 1 @",
        ]

        @Test func missing() {
            for command in Self.all {
                for line in [command, "container \(command)"] {
                    check(
                        Row(line, 1, "Error response from daemon: No such container: nosuch"),
                        "nosuch")
                }
            }
            check(Row("inspect @", 1, "no such object: nosuch"), "nosuch")
            check(Row("container inspect @", 1, "no such container: nosuch"), "nosuch")
            check(Row("rm -f @", 0, ""), "nosuch")
            #expect(swocker("start", "").code == 1)
        }

        /// Seventeen ids cannot all begin differently.
        @Test func ambiguous() {
            let ids = (0..<17).map { _ in swocker("create", "busybox").line }
            let counts = Dictionary(grouping: ids) { $0.prefix(1) }
            guard let prefix = counts.first(where: { $0.value.count > 1 })?.key else {
                Issue.record("no two ids begin alike: \(ids)")
                return
            }
            let words = "multiple IDs found with provided prefix: \(prefix)"
            for command in Self.all + ["rm -f @", "inspect @"] {
                check(Row(command, 1, words), String(prefix))
            }
            #expect(swocker("ps", "-aq").lines.count == 17)
            // A name goes before the beginning of an id.
            #expect(swocker("rename", ids[0], String(prefix) + "0").code == 0)
            #expect(swocker.inspect("\(prefix)0", "{{.Id}}") == ids[0])
        }

        @Test func created() {
            let id = swocker("create", "--name", "it", "busybox", "true").line
            check(Self.idle, "it", id)
            check([Row("stop @", 0, "it"), Row("logs @", 0, ""), Row("wait @", 0, "0")], "it", id)
        }

        @Test func exited() {
            let id = swocker("create", "--name", "it", "busybox", "sh", "-c", "exit 3").line
            #expect(swocker("start", "-a", "it").code == 3)
            check(Self.idle, "it", id)
            check([Row("stop @", 0, "it"), Row("logs @", 0, ""), Row("wait @", 0, "3")], "it", id)
            check([Row("restart @", 0, "it"), Row("rm -f @", 0, "it")], "it", id)
        }

        /// Of one that does not run.
        private static let idle = [
            Row("kill @", 1, "annot kill container: @: container # is not running"),
            Row("pause @", 1, "ontainer # is not running"),
            Row("unpause @", 1, "ontainer # is not paused"),
            Row("attach @", 1, "annot attach to a stopped container, start it first"),
            Row("exec @ true", 1, "ontainer # is not running"),
            Row("top @", 1, "ontainer # is not running"),
            Row("port @", 0, ""), Row("diff @", 0, ""), Row("stats --no-stream @", 0, "it"),
            Row("update --memory 64m --memory-swap 64m @", 0, "it"),
            Row("rename @ it", 1, "Renaming a container with the same name as its current name"),
        ]

        @Test func running() {
            let id = swocker.sleeper("it")
            check(
                [
                    Row("start @", 0, "it"), Row("unpause @", 1, "ontainer # is not paused"),
                    Row(
                        "rm @", 1,
                        "annot remove container \"@\": container is running: "
                            + "stop the container before removing or force remove"),
                    Row("kill -s FOO @", 1, "nvalid signal: FOO"),
                    Row("create --name @ busybox", 1, "is already in use by container \"#\""),
                    Row("exec @ nosuch", 127, "\"nosuch\": executable file not found in $PATH"),
                ], "it", id)
        }

        @Test func paused() {
            let id = swocker.sleeper("it")
            #expect(swocker("pause", "it").code == 0)
            check(
                [
                    Row("pause @", 1, "ontainer # is already paused"),
                    Row("start @", 1, "annot start a paused container, try unpause instead"),
                    Row("attach @", 1, "annot attach to a paused container, unpause it first"),
                    Row(
                        "exec @ true", 1, "ontainer @ is paused, unpause the container before exec"),
                    Row(
                        "rm @", 1,
                        "annot remove container \"@\": container is paused and must be unpaused first"
                    ),
                    Row("top @", 0, "sleep"), Row("logs @", 0, ""), Row("diff @", 0, ""),
                    Row("stats --no-stream @", 0, "it"), Row("cp @:/etc/passwd -", 0, "root"),
                    Row("update --cpus 1 @", 0, "it"), Row("commit -p=true @", 0, "sha256:"),
                    Row("inspect -f {{.State.Status}} @", 0, "paused"),
                    Row("rename @ ice", 0, ""), Row("rename ice it", 0, ""),
                    Row("stop -t 5 @", 0, "it"), Row("rm @", 0, "it"),
                ], "it", id)
        }

        /// One that waits for its policy's next start.
        @Test func restarting() {
            let id = swocker(
                "run", "-d", "--restart", "always", "--name", "it", "busybox", "false"
            ).line
            // From the fifth on it waits for seconds.
            #expect(
                eventually(seconds: 20) {
                    swocker.inspect("it", "{{.RestartCount}} {{.State.Status}}") == "5 restarting"
                })
            check(
                [
                    Row("exec @ true", 1, "ontainer # is restarting"),
                    Row("pause @", 1, "ontainer # is restarting"),
                    Row("attach @", 1, "annot attach to a restarting container"),
                    Row("top @", 1, "ontainer # is restarting"),
                    Row("rm @", 1, "container is restarting: stop the container before removing"),
                    Row("unpause @", 1, "ontainer # is not paused"),
                    Row("start @", 0, "it"), Row("kill @", 0, "it"), Row("rm @", 0, "it"),
                ], "it", id)
        }

        /// One that is being removed by somebody who does not get on: it is whole or gone, and its name
        /// is free as soon as it is gone.
        @Test func removing() {
            for _ in 0..<5 {
                swocker.sleeper("it")
                let removers = (0..<4).map { _ in swocker.start("rm", "-f", "it") }
                let others = ["exec it true", "stop -t 0 it", "inspect it", "kill it", "start it"]
                    .map { swocker.start(words($0)) }
                for other in others {
                    let outcome = other.wait()
                    let isClear =
                        outcome.code == 0 || outcome.err.lowercased().contains("no such ")
                        || outcome.err.contains("is not running")
                        || outcome.err.contains("was removed")
                        || (outcome.code == 137 && outcome.err == "")
                    #expect(isClear, "\(outcome)")
                }
                for remover in removers {
                    let outcome = remover.wait()
                    #expect(outcome.code == 0, "\(outcome)")
                }
                swocker("rm", "-f", "it")  // `start` may have come between
            }
            #expect(swocker("ps", "-aq") == Outcome(0))
        }

        private func check(_ rows: [Row], _ name: String, _ id: String) {
            for row in rows { check(row, name, id) }
        }

        private func check(_ row: Row, _ name: String, _ id: String = "") {
            let line = words(row.command).map { word in
                word.hasPrefix("@") ? name + word.dropFirst() : word
            }
            let outcome = swocker(line)
            let expected = row.says.replacing("@", with: name).replacing("#", with: id)
            let said = row.code == 0 ? outcome.out : outcome.out + outcome.err
            #expect(
                outcome.code == row.code
                    && (expected.isEmpty || said.lowercased().contains(expected.lowercased())),
                "\(line) should say \"\(expected)\": \(outcome)")
            // `start` and `rename` add that they failed, as Docker's do.
            let saysMore = !line.prefix(2).allSatisfy { $0 != "start" && $0 != "rename" }
            if row.code == 1, !saysMore {
                #expect(outcome.err.split(separator: "\n").count == 1, "\(line): \(outcome)")
            }
        }
    }
}
