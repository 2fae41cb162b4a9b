// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// `image prune`, `system prune`, `system df`.
    @Suite struct PruneTests {
        let swocker = Swocker(images: ["busybox", "hello-world"])

        @Test func imagesWithoutANameOrWithoutAUser() {
            #expect(
                swocker("image", "prune", "-f") == Outcome(0, out: "Total reclaimed space: 0B\n"))
            // A name that moves leaves its image without one.
            #expect(swocker("tag", "busybox", "hello-world:latest") == Outcome(0))
            let refused = swocker("image", "prune", input: .text("no\n"))
            #expect(
                refused
                    == Outcome(
                        0,
                        out: "WARNING! This will remove all dangling images.\n"
                            + "Are you sure you want to continue? [y/N] "))
            let pruned = swocker("image", "prune", "-f")
            #expect(pruned.out.hasPrefix("Deleted Images:\ndeleted: sha256:"), "\(pruned)")
            #expect(!pruned.out.contains("space: 0B"), "\(pruned)")
            #expect(swocker("create", "--name", "user", "busybox").code == 0)
            #expect(
                swocker("image", "prune", "-af") == Outcome(0, out: "Total reclaimed space: 0B\n"))
            #expect(swocker("rm", "user").code == 0)
            #expect(
                swocker("image", "prune", "-af", "--filter", "label=no").out
                    == "Total reclaimed space: 0B\n")
            let all = swocker("image", "prune", "-af").out
            #expect(
                all.contains("untagged: busybox:latest\nuntagged: hello-world:latest\n"), "\(all)")
            #expect(swocker("images", "-q").out == "")
            #expect(entries("\(swocker.root)/layers") == [])
            #expect(entries("\(swocker.root)/content/blobs/sha256") == [])
        }

        @Test func everything() {
            let id = swocker(
                "create", "--name", "user", "-v", "/anon", "-v", "named:/n", "busybox"
            ).line
            swocker.sleeper("runs")
            #expect(
                swocker("system", "prune", "--volumes", "--filter", "until=1h").err
                    .contains("The \"until\" filter is not supported with \"--volumes\""))
            let warning = swocker("system", "prune", "-a", "--volumes", input: .text("")).out
            for kind in [
                "  - all stopped containers\n", "  - all anonymous volumes not used",
                "  - all images without at least one container",
            ] {
                #expect(warning.contains(kind), "\(warning)")
            }
            let pruned = swocker("system", "prune", "-af", "--volumes")
            #expect(pruned.code == 0 && pruned.out.contains("Deleted Containers:\n\(id)\n\n"))
            #expect(pruned.out.contains("Deleted Volumes:\n"), "\(pruned)")
            #expect(pruned.out.contains("untagged: hello-world:latest\n"), "\(pruned)")
            #expect(swocker("volume", "ls", "-q").lines == ["named"])
            #expect(swocker("images", "--format", "{{.Repository}}").lines == ["busybox"])
            #expect(swocker("ps", "--format", "{{.Names}}").lines == ["runs"])
            #expect(swocker("volume", "rm", "named").code == 0)
        }

        @Test func diskUseCountsOnce() {
            func column(_ kind: String, _ field: String) -> String {
                swocker("system", "df", "--format", "{{.Type}}|{{.\(field)}}").lines
                    .first { $0.hasPrefix("\(kind)|") }
                    .map { String($0.dropFirst(kind.utf8.count + 1)) } ?? ""
            }
            let size = column("Images", "Size")
            #expect(swocker("tag", "busybox", "again") == Outcome(0))
            #expect(column("Images", "Size") == size)
            #expect(column("Images", "TotalCount") == "2")
            #expect(column("Images", "Reclaimable").hasSuffix("(100%)"))
            #expect(
                swocker(
                    "run", "--name", "wrote", "-v", "data:/d", "busybox", "sh", "-c",
                    "head -c 20000 /dev/zero > /f; head -c 3000 /dev/zero > /d/f"
                ).code == 0)
            #expect(column("Images", "Active") == "1")
            #expect(column("Containers", "Size") == "20kB")
            #expect(column("Containers", "Reclaimable") == "20kB (100%)")
            #expect(column("Local Volumes", "Size") == "3kB")
            #expect(column("Local Volumes", "Reclaimable") == "0B (0%)")
            let table = swocker("system", "df").lines
            #expect(words(table[0]) == ["TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"])
            #expect(table.count == 5)
            let details = swocker("system", "df", "-v").out
            for title in [
                "Images space usage:\n\nREPOSITORY", "SHARED SIZE   UNIQUE SIZE",
                "Containers space usage:\n\nCONTAINER ID",
                "Local Volumes space usage:\n\nVOLUME NAME   LINKS     SIZE\ndata          1         3kB",
            ] {
                #expect(details.contains(title), "\(details)")
            }
            #expect(
                swocker("system", "df", "-v", "--format", "{{range .Volumes}}{{.Name}}{{end}}").line
                    == "data")
            #expect(swocker("rm", "wrote").code == 0)
            #expect(swocker("volume", "rm", "data").code == 0)
        }

        /// What a load has brought stays, whatever prunes meanwhile.
        @Test func prunesBesideLoads() {
            let program = "S='\(Swocker.program) --root \(swocker.root) --state \(swocker.state)'; "
            let loading = ChildProcess(
                [
                    "sh", "-c",
                    program + "i=0; while [ $i -lt 12 ]; do "
                        + "$S load -q -i \(Swocker.bundled("busybox")) >/dev/null || exit 1; "
                        + "$S save busybox > /dev/null 2>&1; i=$((i+1)); done",
                ], swocker.surroundings())
            let pruning = (0..<2).map { _ in
                ChildProcess(
                    [
                        "sh", "-c",
                        program + "i=0; while [ $i -lt 25 ]; do "
                            + "$S image prune -af >/dev/null || exit 1; i=$((i+1)); done",
                    ], swocker.surroundings())
            }
            for process in [loading] + pruning {
                let outcome = process.wait(seconds: 90)
                #expect(outcome.code == 0, "\(outcome)")
            }
            #expect(swocker("load", "-q", "-i", Swocker.bundled("busybox")).code == 0)
            #expect(swocker("run", "--rm", "busybox", "echo", "whole").out == "whole\n")
            #expect(swocker("image", "prune", "-af").code == 0)
            #expect(entries("\(swocker.root)/layers") == [])
        }

        @Test func deathAtAnyMomentOfAPrune() {
            for delay in 0..<10 {
                #expect(swocker("load", "-q", "-i", Swocker.bundled("busybox")).code == 0)
                let pruning = swocker.start("image", "prune", "-af")
                usleep(useconds_t(delay * 1500))
                pruning.send(signal: SIGKILL)
                _ = pruning.wait()
                // Whole or gone.
                let there = swocker("images", "-q", "busybox").out != ""
                if there { #expect(swocker("run", "--rm", "busybox", "true").code == 0) }
            }
            #expect(swocker("image", "prune", "-af").code == 0)
            #expect(entries("\(swocker.root)/layers") == [])
            #expect(entries("\(swocker.root)/content/ingest") == [])
        }
    }
}
