// SPDX-License-Identifier: Apache-2.0

@testable import ContainerRuntime
import DBus
import Glibc
import Linux
import OCI
import Testing

/// A systemd of the tests' own: a user's, in a control group and with a /run of its own.
final class PrivateSystemd {
    let base = "/tmp/swocker-systemd-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    private let pid: pid_t
    static let program = "/lib/systemd/systemd"

    /// Where its groups are: version 2's tree, also on a hybrid machine.
    static let mount: String? = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].first {
        exists("\($0)/cgroup.controllers")
    }
    static var isPossible: Bool { geteuid() == 0 && exists(program) && mount != nil }

    var group: String { String(base.dropFirst("/tmp/".count)) }

    init() throws {
        try makeDirectory(base, mode: 0o700)
        let group = base.dropFirst("/tmp/".count)
        let script = """
            for tree in '\(Self.mount ?? "")' /sys/fs/cgroup/systemd; do
                [ -e "$tree/cgroup.procs" ] || continue
                mkdir -p "$tree/\(group)" && echo 0 > "$tree/\(group)/cgroup.procs" || exit 1
            done
            exec unshare -m sh -c 'mount -t tmpfs run /run && mkdir -p /run/systemd/system &&
                XDG_RUNTIME_DIR=\(base) exec \(Self.program) --user --unit=basic.target'
            """
        let arguments: [String] = ["/bin/sh", "-c", script]
        let words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for stream in 0...2 as ClosedRange<CInt> {
            posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0)
        }
        var child: pid_t = 0
        let result = posix_spawn(&child, "/bin/sh", &actions, nil, words, environ)
        pid = child
        try #require(result == 0)
        for _ in 0..<200 where !exists("\(base)/systemd/private") { usleep(50_000) }
    }

    func connect() throws -> Systemd {
        try Systemd.open(
            try UnixSocket.connect(to: "private", in: "\(base)/systemd"), isBus: false)
    }

    deinit {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        if let hierarchies = try? CgroupHierarchies.discover() {
            let trees = [hierarchies, Self.mount.map { .v2(mount: $0) }].compactMap { $0 }
            for tree in trees {
                try? Cgroup(group, on: tree).killAll()
                try? Cgroup(group, on: tree).remove()
            }
        }
        try? removeTree(base)
    }
}

@Suite(.serialized, .enabled(if: PrivateSystemd.isPossible, "needs root and systemd"))
struct SystemdTests {
    private func sleeper() throws -> pid_t {
        var pid: pid_t = 0
        let arguments: [String] = ["sleep", "100"]
        let words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        try #require(posix_spawnp(&pid, "sleep", nil, nil, words, environ) == 0)
        return pid
    }

    private func groups(of pid: pid_t) throws -> String {
        String(decoding: try contents(of: "/proc/\(pid)/cgroup"), as: UTF8.self)
    }

    @Test func aScopeBeginsChangesAndEnds() throws {
        let home = try PrivateSystemd()
        var systemd = try home.connect()
        #expect(try systemd.ownGroup() == home.group)
        var scope = try SystemdScope(cgroupsPath: "a-b.slice:test:x", id: "", ofUser: true)
        scope.base = home.group
        var resources = Resources()
        resources.pids = .init(limit: 50)
        resources.memory = .init()
        resources.memory?.limit = 64 << 20
        resources.devices = Resources().withDefaultDevices.devices
        let properties = try UnitProperties(resources, on: .v2(mount: ""))()
        let pid = try sleeper()
        defer {
            // Reaped by the test already, or still ours.
            if waitpid(pid, nil, WNOHANG) == 0 {
                kill(pid, SIGKILL)
                waitpid(pid, nil, 0)
            }
        }
        let start = ScopeStart(scope: scope, properties: properties)
        try systemd.start(start, around: pid)
        #expect(try groups(of: pid).contains("/\(scope.path)\n"))
        // A second one of the same name is refused while the first lives.
        #expect(throws: SystemdError.self) { try systemd.start(start, around: pid) }
        try systemd.set([.init("TasksMax", .uint64(60))], of: scope)
        #expect(throws: SystemdError.self) {
            try systemd.set([.init("NoSuchProperty", .uint64(1))], of: scope)
        }
        // It ends with its last process, and a second end is none.
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        try systemd.stop(scope)
        try systemd.stop(scope)
        #expect(Self.isGone(scope))
    }

    private static func isGone(_ scope: SystemdScope) -> Bool {
        !exists("\(PrivateSystemd.mount ?? "")/\(scope.path)")
    }
}
