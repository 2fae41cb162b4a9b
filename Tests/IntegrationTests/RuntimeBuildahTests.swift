// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram.TheRuntime {
    /// Debian's buildah runs the steps of a build in the runtime.
    @Suite(.enabled(if: isInstalled("buildah") && isInstalled("skopeo"), "needs Debian's buildah"))
    struct RuntimeBuildahTests {
        @Test func runsInAWorkingContainer() {
            let buildah = Buildah()
            let from = buildah(
                "from", "--pull-never", "--name", "one", "--cgroup-parent",
                buildah.enclosure.cgroupParent, "docker-archive:\(buildah.archive)")
            #expect(from.code == 0, "\(from)")
            #expect(buildah.run("one", "echo", "hello") == Outcome(0, out: "hello\n"))
            #expect(buildah.run("one", "sh", "-c", "exit 7").code == 7)
            #expect(buildah.run("--user", "5", "one", "id", "-u").out == "5\n")
            let missing = buildah.run("one", "nosuch")
            #expect(missing.code == 1)
            #expect(missing.err.contains("executable file not found in $PATH"), "\(missing)")
            let terminal = buildah.enclosure.terminal(
                buildah.words(["run"] + Buildah.options + ["--tty", "one", "sh"]))
            terminal.expect("/ # ")
            terminal.type("tty; exit 4\n")
            terminal.expect("/dev/pts/0")
            #expect(terminal.wait().code == 4)
            #expect(buildah("rm", "one").code == 0)
        }

        @Test func builds() {
            let buildah = Buildah()
            let home = buildah.enclosure.directory
            #expect(buildah("pull", "docker-archive:\(buildah.archive)").code == 0)
            make(
                "\(home)/Containerfile",
                "FROM busybox\nRUN echo \"built as $(id -u)\" > /file\nRUN cat /file\n")
            func build(_ file: String) -> Outcome {
                buildah(
                    ["bud"] + Buildah.options
                        + [
                            "--pull-never", "--cgroup-parent", buildah.enclosure.cgroupParent,
                            "-f", file, "-t", "built", home,
                        ])
            }
            let built = build("\(home)/Containerfile")
            #expect(built.code == 0 && built.out.contains("built as 0\n"), "\(built)")
            make("\(home)/Bad", "FROM busybox\nRUN exit 9\n")
            let bad = build("\(home)/Bad")
            #expect(bad.code == 9, "\(bad)")
        }
    }
}

/// buildah with directories of a test's own, and our runtime.
private final class Buildah {
    let enclosure: Enclosure
    let archive: String
    static let options = [
        "--runtime", Runtime.program, "--isolation", "oci", "--network", "none",
    ]

    init(sourceLocation: SourceLocation = #_sourceLocation) {
        enclosure = Enclosure(sourceLocation: sourceLocation)
        archive = enclosure.image()
    }

    deinit {
        self("rm", "--all")
        self("rmi", "--all", "--force")
    }

    func words(_ arguments: [String]) -> [String] {
        let home = enclosure.directory
        return [
            "buildah", "--root", "\(home)/root", "--runroot", "\(home)/run", "--storage-driver",
            "overlay",
        ] + arguments
    }

    @discardableResult
    func callAsFunction(_ arguments: String...) -> Outcome { self(arguments) }

    @discardableResult
    func callAsFunction(_ arguments: [String]) -> Outcome {
        enclosure.start(words(arguments)).wait()
    }

    func run(_ arguments: String...) -> Outcome { self(["run"] + Self.options + arguments) }
}
