// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// `volume …`, and what containers make of volumes.
    @Suite struct VolumeTests {
        let swocker = Swocker()

        private var volumes: String { "\(swocker.root)/volumes" }

        @Test func comesAndGoes() {
            #expect(swocker("volume", "create", "data") == Outcome(0, out: "data\n"))
            #expect(swocker("volume", "create", "data") == Outcome(0, out: "data\n"))
            let anonymous = swocker("volume", "create", "--label", "k=v").line
            #expect(anonymous.utf8.count == 64)
            #expect(swocker("volume", "ls", "-q").lines == [anonymous, "data"].sorted())
            #expect(swocker("volume", "ls").lines.first == "DRIVER    VOLUME NAME")
            #expect(swocker("volume", "ls", "-qf", "label=k").lines == [anonymous])
            #expect(swocker("volume", "ls", "-qf", "name=^dat").lines == ["data"])
            #expect(swocker("volume", "ls", "-f", "nosuch=1").code == 1)
            let place = swocker("volume", "inspect", "-f", "{{.Mountpoint}}", "data").line
            #expect(place == "\(volumes)/data/_data" && isDirectory(place))
            #expect(swocker("inspect", "-f", "{{.Name}}", "data").line == "data")
            #expect(
                swocker("volume", "rm", "data", "nosuch")
                    == Outcome(
                        1, out: "data\n",
                        err: "Error response from daemon: get nosuch: no such volume\n"))
            #expect(swocker("volume", "rm", "-f", "nosuch").code == 0)
            #expect(entries(volumes) == [anonymous])
        }

        @Test(arguments: [
            ("create x", "volume name is too short"), ("create a/b", "includes invalid characters"),
            ("create -d foo v1", "plugin \"foo\" not found"),
            ("create -o what=1 v1", "create v1: invalid option: \"what\""),
            ("create -o type=tmpfs v1", "create v1: missing required option: \"device\""),
            ("create -o type=nfs -o device=:/x v1", "a volume of type nfs is not supported yet"),
            ("create one two", "requires at most 1 argument"),
            ("create --name one two", "conflicting options"),
            ("inspect nosuch", "get nosuch: no such volume"),
            ("prune -f --filter until=1h", "invalid filter 'until'"),
        ])
        func refusals(_ line: String, _ message: String) {
            let outcome = swocker(["volume"] + words(line))
            #expect(outcome.code == 1 && outcome.err.contains(message), "\(outcome)")
            #expect(swocker("volume", "ls", "-q").out == "")
        }

        @Test func whatIsUsedStays() {
            let id = swocker("create", "-v", "data:/d", "-v", "/anon", "--name", "user", "busybox")
                .line
            #expect(
                swocker("volume", "rm", "data").err
                    == "Error response from daemon: remove data: volume is in use - [\(id)]\n")
            #expect(
                swocker("volume", "prune", "-af") == Outcome(0, out: "Total reclaimed space: 0B\n"))
            #expect(swocker("volume", "ls", "-qf", "dangling=false").lines.count == 2)
            #expect(swocker("rm", "user").code == 0)
            let pruned = swocker("volume", "prune", input: .text("y\n"))
            #expect(pruned.out.contains("anonymous local volumes not used"), "\(pruned)")
            #expect(pruned.out.contains("[y/N] Deleted Volumes:\n"), "\(pruned)")
            #expect(swocker("volume", "ls", "-q").lines == ["data"])
            #expect(!swocker("volume", "prune", "-a", input: .text("n\n")).out.contains("Deleted"))
            #expect(!swocker("volume", "prune", "-a").out.contains("Deleted"))
            #expect(swocker("volume", "prune", "-af").out.contains("Deleted Volumes:\ndata\n"))
            #expect(entries(volumes) == [])
        }

        @Test func onlyWhatHadNoNameGoesWithItsContainer() {
            let made = swocker("volume", "create").line
            #expect(swocker.sh("true", "-v", "\(made):/a", "-v", "/b").code == 0)
            #expect(swocker("volume", "ls", "-q").lines == [made])
            #expect(swocker("create", "--name", "one", "-v", "/shared", "busybox").code == 0)
            #expect(
                swocker("create", "--name", "two", "--volumes-from", "one", "busybox").code == 0)
            #expect(swocker("rm", "-v", "one").code == 0)
            #expect(swocker("volume", "ls", "-q").lines.count == 2)
            #expect(swocker("rm", "-v", "two").code == 0)
            #expect(swocker("volume", "ls", "-q").lines == [made])
        }

        @Test func partsOfVolumes() {
            #expect(
                swocker.sh(
                    "mkdir /d/sub; echo s > /d/sub/file; ln -s ../../.. /d/sub/out; ln -s / /d/root",
                    "-v", "data:/d"
                ).code == 0)
            func part(_ path: String, _ script: String) -> Outcome {
                swocker.sh(script, "--mount", "type=volume,src=data,dst=/s,volume-subpath=\(path)")
            }
            #expect(part("sub", "cat /s/file; touch /s/new") == Outcome(0, out: "s\n"))
            #expect(part("sub/file", "cat /s") == Outcome(0, out: "s\n"))
            // Links lead nowhere but into the volume.
            #expect(part("root", "ls /s").out == "root\nsub\n")
            #expect(part("sub/out", "ls /s").out == "root\nsub\n")
            #expect(part("nosuch", "true").err.contains("no such file or directory"))
            for path in ["../x", "/etc", "sub/../../x"] {
                #expect(part(path, "true").err.contains("subpath must be a relative path"))
            }
        }

        @Test func whatTheDriverWasTold() {
            #expect(
                swocker(
                    "volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o",
                    "o=size=1m,noexec", "memory"
                ).code == 0)
            #expect(
                swocker.sh(
                    "grep -c ' /m tmpfs .*noexec.*size=1024k' /proc/mounts; echo k > /m/k",
                    "-v", "memory:/m"
                ) == Outcome(0, out: "1\n"))
            #expect(swocker.sh("cat /m/k", "-v", "memory:/m") == Outcome(0, out: "k\n"))
            #expect(swocker("volume", "rm", "memory").code == 0)
            #expect(!text("/proc/mounts").contains(volumes))

            let folder = swocker.path("host")
            mkdir(folder, 0o755)
            make("\(folder)/file", "f\n")
            #expect(
                swocker(
                    "volume", "create", "-o", "type=none", "-o", "o=bind", "-o",
                    "device=\(folder)", "bound"
                ).code == 0)
            #expect(
                swocker.sh("cat /b/file; echo n > /b/new", "-v", "bound:/b")
                    == Outcome(0, out: "f\n"))
            #expect(text("\(folder)/new") == "n\n")
            #expect(swocker("volume", "rm", "bound").code == 0)
            #expect(isThere("\(folder)/file"))

            #expect(
                swocker.sh(
                    "true", "--mount",
                    "type=volume,src=labelled,dst=/x,volume-label=a=b,volume-opt=type=tmpfs,"
                        + "volume-opt=device=tmpfs"
                ).code == 0)
            #expect(
                swocker("volume", "inspect", "-f", "{{.Labels}}{{.Options}}", "labelled").line
                    == "map[a:b]map[device:tmpfs type:tmpfs]")
            #expect(swocker("volume", "rm", "labelled").code == 0)
        }

        /// Of several that begin with an empty volume one fills it; all see all of it.
        @Test func oneFillsIt() {
            for round in 0..<3 {
                let running = (0..<4).map { _ in
                    swocker.start(
                        "run", "--rm", "-v", "filled\(round):/bin", "busybox", "/bin/sh", "-c",
                        "ls /bin | wc -l")
                }
                let outcomes = running.map { $0.wait() }
                let counts = Set(outcomes.map(\.line))
                #expect(outcomes.allSatisfy { $0.code == 0 } && counts.count == 1, "\(outcomes)")
                #expect((Int(counts.first ?? "") ?? 0) > 50)
            }
        }

        /// Whoever finds a volume that was not filled to its end fills it anew.
        @Test func aFillingThatWasInterruptedBeginsAnew() {
            #expect(swocker("volume", "create", "half").code == 0)
            let place = "\(volumes)/half/_data"
            mkdir("\(place)/.swocker-filling", 0o700)
            make("\(place)/ls", "torn")
            #expect(
                swocker("run", "--rm", "-v", "half:/bin", "busybox", "/bin/ls", "/bin").code == 0)
            #expect(!isThere("\(place)/.swocker-filling"))
        }

        @Test func deathAtAnyMoment() {
            for delay in 0..<30 {
                let making = swocker.start("volume", "create", "v\(delay % 3)")
                usleep(useconds_t(delay * 200))
                making.send(signal: SIGKILL)
                _ = making.wait()
                let removing = swocker.start("volume", "rm", "-f", "v\((delay + 1) % 3)")
                usleep(useconds_t(delay * 200))
                removing.send(signal: SIGKILL)
                _ = removing.wait()
            }
            let known = swocker("volume", "ls", "-q")
            #expect(known.err == "", "\(known)")
            #expect(swocker("volume", "prune", "-af").code == 0)
            #expect(entries(volumes) == [])
        }

        @Test func loopsOfMakersAndRemovers() {
            let loop =
                "i=0; while [ $i -lt 15 ]; do $S volume create race >/dev/null || exit 1; "
                + "$S run --rm -v race:/r busybox touch /r/x || exit 2; "
                + "$S volume rm race >/dev/null 2>&1; i=$((i+1)); done"
            let program = "S='\(Swocker.program) --root \(swocker.root) --state \(swocker.state)'; "
            let racing = (0..<3).map { _ in
                ChildProcess(["sh", "-c", program + loop], swocker.surroundings())
            }
            for outcome in racing.map({ $0.wait(seconds: 60) }) {
                #expect(outcome.code == 0, "\(outcome)")
            }
        }

        @Test func aLostDirectoryIsTold() {
            #expect(swocker("volume", "create", "lost").code == 0)
            swocker.host("rm", "-r", "\(volumes)/lost")
            #expect(swocker("volume", "ls").err.contains("the directory of volume lost is gone"))
            #expect(swocker("volume", "rm", "lost").code == 0)
        }
    }
}
