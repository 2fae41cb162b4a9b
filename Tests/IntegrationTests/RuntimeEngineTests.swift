// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram.TheRuntime {
    /// Other people's engines drive the runtime as they drive runc.
    @Suite struct RuntimeEngineTests {
        private static let image = "docker.io/library/busybox:latest"

        @Test(.enabled(if: access("/usr/bin/containerd", X_OK) == 0, "needs Debian's containerd"))
        func containerd() {
            let containerd = Containerd()
            #expect(containerd.isReady)
            #expect(containerd("image", "import", Swocker.bundled("busybox")).code == 0)
            #expect(
                containerd.run("--rm", Self.image, "one", "echo", "hello")
                    == Outcome(0, out: "hello\n"))
            let missing = containerd.run("--rm", Self.image, "two", "nosuch")
            #expect(missing.code == 1)
            #expect(missing.err.contains("executable file not found in $PATH"))
            #expect(containerd.run("-d", Self.image, "three", "sleep", "1000").code == 0)
            let inside = containerd(
                "task", "exec", "--exec-id", "e", "three", "sh", "-c", "echo inside; exit 3")
            #expect(inside.code == 3 && inside.out == "inside\n", "\(inside)")
            #expect(containerd("task", "pause", "three").code == 0)
            #expect(containerd("task", "ls").out.contains("PAUSED"))
            #expect(containerd("task", "resume", "three").code == 0)
            #expect(containerd("task", "kill", "-s", "KILL", "three").code == 0)
            #expect(eventually { containerd("task", "ls").out.contains("STOPPED") })
            containerd("task", "delete", "three")
            #expect(containerd("container", "rm", "three").code == 0)
        }
    }
}

/// A containerd of a test's own.
private final class Containerd {
    private let directory: String
    private let daemon: ChildProcess

    init() {
        var template = Array("/tmp/swocker-cd-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "cannot make a directory in /tmp")
        directory = String(decoding: template.dropLast().map { UInt8($0) }, as: UTF8.self)
        make(
            "\(directory)/config.toml",
            """
            version = 2
            root = "\(directory)/root"
            state = "\(directory)/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            [grpc]
            address = "\(directory)/socket"
            [ttrpc]
            address = "\(directory)/socket.ttrpc"
            """)
        let script = "exec containerd -c \(directory)/config.toml > \(directory)/log 2>&1"
        daemon = ChildProcess(["/bin/sh", "-c", script], Self.surroundings)
    }

    deinit {
        daemon.send(signal: SIGTERM)
        _ = daemon.wait()
        _ = ChildProcess(["/bin/rm", "-rf", "--one-file-system", directory], Surroundings()).wait()
    }

    private static let surroundings = Surroundings(
        environment: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"])

    var isReady: Bool { eventually { self("version").code == 0 } }

    @discardableResult
    func callAsFunction(_ arguments: String...) -> Outcome { ctr(arguments) }

    /// `ctr run` with our runtime; what is detached gets no pipe to keep.
    func run(_ arguments: String...) -> Outcome {
        let words = ["run", "--runc-binary", Runtime.program] + arguments
        guard arguments.contains("-d") else { return ctr(words) }
        let script = "exec \"$@\" > /dev/null 2>&1 < /dev/null"
        return ChildProcess(
            ["/bin/sh", "-c", script, "sh", "/usr/bin/ctr", "-a", "\(directory)/socket"] + words,
            Self.surroundings
        ).wait()
    }

    private func ctr(_ words: [String]) -> Outcome {
        ChildProcess(["/usr/bin/ctr", "-a", "\(directory)/socket"] + words, Self.surroundings)
            .wait()
    }
}
