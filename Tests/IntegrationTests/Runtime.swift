// SPDX-License-Identifier: Apache-2.0

import Glibc
import OCI
import Testing

/// Every test of the OCI runtime's program. One after the other, as those of the engine.
extension TheProgram {
    @Suite(.serialized, .enabled(if: Runtime.isUsable, "needs swocker-runtime beside swocker"))
    enum TheRuntime {}
}

/// The runtime's program with a root of a test's own, and bundles for it.
final class Runtime {
    let directory: String
    private let sourceLocation: SourceLocation
    private var count = 0

    init(sourceLocation: SourceLocation = #_sourceLocation) {
        var template = Array("/tmp/swocker-rt-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "cannot make a directory in /tmp")
        directory = String(decoding: template.dropLast().map { UInt8($0) }, as: UTF8.self)
        chmod(directory, 0o755)
        self.sourceLocation = sourceLocation
    }

    /// Removes the test's containers; what is left of them is a failure.
    deinit {
        for id in self("list", "-q").lines { self("delete", "-f", id) }
        let left = entries(root).filter { $0 != "@seccomp" } + groups + mounts
        if !left.isEmpty {
            Issue.record("left behind: \(left)", sourceLocation: sourceLocation)
        }
        for parent in parents { rmdir(parent) }
        for mount in mounts { umount2(mount, CInt(MNT_DETACH)) }
        _ = ChildProcess(["/bin/rm", "-rf", "--one-file-system", directory], Surroundings()).wait()
    }

    static let program: String = {
        if let path = getenv("SWOCKER_RUNTIME") { return String(cString: path) }
        return "\(Swocker.program)-runtime"
    }()

    static var isUsable: Bool { Swocker.isUsable && access(program, X_OK) == 0 }

    var root: String { "\(directory)/run" }

    /// Control groups of this test's containers.
    var groups: [String] {
        parents.flatMap { group in entries(group).map { "\(group)/\($0)" }.filter(isDirectory) }
    }

    /// What those lie below. The runtime leaves it: `cgroupsPath` is the caller's.
    private var parents: [String] {
        let base = "/sys/fs/cgroup"
        let name = directory.split(separator: "/").last.map(String.init) ?? ""
        return ([base] + entries(base).map { "\(base)/\($0)" }).map { "\($0)/\(name)" }
    }

    private var mounts: [String] {
        text("/proc/self/mountinfo").split(separator: "\n")
            .compactMap { $0.split(separator: " ").dropFirst(4).first.map(String.init) }
            .filter { $0.hasPrefix(directory) }
    }

    /// Runs one command to its end. What `create` makes keeps its streams: it gets files.
    @discardableResult
    func callAsFunction(
        _ arguments: String..., global: [String] = [], input: StandardInput = .nothing,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> Outcome {
        ChildProcess(
            [Self.program, "--root", root] + global + arguments, Self.surroundings, stdin: input
        ).wait(sourceLocation: sourceLocation)
    }

    private static let surroundings = Surroundings(environment: [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm",
    ])

    /// Creates a container whose output goes to the file `<id>.out`.
    @discardableResult
    func create(
        _ id: String, _ bundle: String, _ options: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> Outcome {
        let script = "exec \"$@\" > \(directory)/\(id).out 2> \(directory)/\(id).err < /dev/null"
        let arguments = ["create", "--bundle", bundle] + options + [id]
        var outcome = ChildProcess(
            ["/bin/sh", "-c", script, "sh", Self.program, "--root", root] + arguments,
            Self.surroundings
        ).wait(sourceLocation: sourceLocation)
        outcome.err = text("\(directory)/\(id).err")
        return outcome
    }

    /// What a container of `create` has printed.
    func output(of id: String) -> String { text("\(directory)/\(id).out") }

    /// The status of a container; empty when there is none.
    func status(_ id: String) -> String {
        let state = self("state", id)
        return (try? JSONValue(parsing: state.out))?["status"]?.stringValue ?? ""
    }

    /// A bundle with busybox and the words as its program.
    func bundle(_ words: String..., change: (inout Spec) -> Void = { _ in }) throws -> String {
        count += 1
        let path = "\(directory)/bundle\(count)"
        mkdir(path, 0o755)
        try rootfs(at: "\(path)/rootfs")
        #expect(self("spec", "--bundle", path).code == 0)
        var spec = try Spec(json: bytes(of: "\(path)/config.json"))
        spec.process?.terminal = false
        spec.process?.args = words
        spec.mounts.removeAll { $0.type == "cgroup" }
        let name = directory.split(separator: "/").last.map(String.init) ?? ""
        spec.linux?.cgroupsPath = "/\(name)/\(count)"
        change(&spec)
        make("\(path)/config.json", try spec.json().bytes())
        return path
    }

    private func rootfs(at path: String) throws {
        for name in ["", "/bin", "/proc", "/dev", "/sys", "/tmp", "/etc"] {
            mkdir(path + name, 0o755)
        }
        make("\(path)/bin/busybox", bytes(of: "/bin/busybox"), mode: 0o755)
        for name in ["sh", "sleep", "echo", "cat", "true", "id", "ls", "env", "readlink"] {
            symlink("busybox", "\(path)/bin/\(name)")
        }
    }
}
