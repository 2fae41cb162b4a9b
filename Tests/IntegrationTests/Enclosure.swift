// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

/// Namespaces of a test's own in which somebody else's engine works: its processes, mounts and network
/// devices, and what it keeps in /run, are gone with them, however the test ended.
final class Enclosure {
    let directory: String
    private let holder: ChildProcess
    private let sourceLocation: SourceLocation

    init(sourceLocation: SourceLocation) {
        var template = Array("/tmp/swocker-peer-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "cannot make a directory in /tmp")
        directory = String(decoding: template.dropLast().map { UInt8($0) }, as: UTF8.self)
        self.sourceLocation = sourceLocation
        let script = """
            mount -t tmpfs -o mode=755 run /run && mount -t tmpfs shm /dev/shm &&
            mkdir -p /run/lock && ip link set lo up && touch \(directory)/ready &&
            exec tini -- sleep infinity
            """
        holder = ChildProcess(
            [
                "unshare", "--mount", "--net", "--ipc", "--pid", "--fork", "--kill-child",
                "--mount-proc", "/bin/sh", "-c", script,
            ], Self.surroundings)
        if !eventually({ isThere("\(directory)/ready") }) {
            holder.collect(seconds: 0.1)
            complain("the namespaces are not there: \(holder.err)")
        }
    }

    deinit {
        if !groups.isEmpty { complain("the runtime left behind: \(groups)") }
        holder.send(signal: SIGKILL)
        _ = holder.wait()
        if !eventually({ parents.allSatisfy(Self.remove) }) {
            complain("cannot remove: \(parents)")
        }
        _ = ChildProcess(["/bin/rm", "-rf", "--one-file-system", directory], Surroundings()).wait()
    }

    private static let surroundings = Surroundings(
        environment: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"])

    private func complain(_ text: String) {
        Issue.record(Comment(rawValue: text), sourceLocation: sourceLocation)
    }
}

// Working in it.
extension Enclosure {
    /// Starts a program in there. A signal to it ends nsenter(1) only.
    func start(_ words: [String]) -> ChildProcess {
        ChildProcess(entering(words), environment)
    }

    /// Starts a program in there, at a terminal.
    func terminal(_ words: [String]) -> TerminalSession {
        TerminalSession(entering(words), environment)
    }

    private func entering(_ words: [String]) -> [String] {
        let child = text("/proc/\(holder.pid)/task/\(holder.pid)/children").prefix { $0 != " " }
        return ["nsenter", "-t", String(child), "-m", "-n", "-i", "-p", "--"] + words
    }

    private var environment: Surroundings {
        Surroundings(
            environment: Self.surroundings.environment + ["HOME=\(directory)", "TERM=xterm"])
    }

    /// busybox as `docker save` writes it: what is bundled is an OCI layout, newer than the peers.
    func image() -> String {
        let path = "\(directory)/busybox.tar"
        let copied = ChildProcess(
            [
                "skopeo", "copy", "--quiet", "--insecure-policy",
                "oci-archive:\(Swocker.bundled("busybox"))",
                "docker-archive:\(path):busybox:latest",
            ], environment
        ).wait()
        if copied.code != 0 { complain("skopeo: \(copied)") }
        return path
    }
}

// The containers' control groups.
extension Enclosure {
    /// What the peer's containers lie below, from the root of each hierarchy.
    var cgroupParent: String { "/\(directory.split(separator: "/").last ?? "")" }

    /// Groups of containers that are still there; podman's own monitors lie in `conmon`.
    private var groups: [String] {
        parents.flatMap { parent in
            entries(parent).filter { $0 != "conmon" }.map { "\(parent)/\($0)" }.filter(isDirectory)
        }
    }

    private var parents: [String] {
        let base = "/sys/fs/cgroup"
        return ([base] + entries(base).map { "\(base)/\($0)" }).map { $0 + cgroupParent }
            .filter(isDirectory)
    }

    private static func remove(_ group: String) -> Bool {
        for child in entries(group).map({ "\(group)/\($0)" }) where isDirectory(child) {
            _ = remove(child)
        }
        return rmdir(group) == 0
    }
}
