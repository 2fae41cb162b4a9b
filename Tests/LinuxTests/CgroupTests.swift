// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

/// A directory that looks like /sys/fs/cgroup, removed with its owner.
struct FakeCgroupRoot: ~Copyable {
    let path: String

    init(_ files: [String: String]) throws {
        path = "/tmp/swocker-cgroup-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        for (file, text) in files {
            let whole = "\(path)/\(file)"
            let slash = whole.lastIndex(of: "/") ?? whole.startIndex
            try makeDirectories(String(whole[..<slash]))
            try replaceFile(whole, with: Array(text.utf8))
        }
    }

    func text(_ file: String) throws -> String {
        String(decoding: try contents(of: "\(path)/\(file)"), as: UTF8.self)
    }

    deinit { try? removeTree(path) }
}

struct CgroupHierarchiesTests {
    @Test func findsVersion2() throws {
        let root = try FakeCgroupRoot(["cgroup.controllers": "cpu memory\n", "cgroup.procs": ""])
        let found = try CgroupHierarchies.discover(root: root.path)
        #expect(found == .v2(mount: root.path))
        #expect(found.mount(of: "memory") == root.path)
    }

    @Test func findsHybridWithJoinedControllersAndLinks() throws {
        let root = try FakeCgroupRoot([
            "cpu,cpuacct/cgroup.procs": "", "memory/cgroup.procs": "", "systemd/cgroup.procs": "",
            "unified/cgroup.procs": "", "unified/cgroup.controllers": "", "stray/file": "",
        ])
        symlink("cpu,cpuacct", "\(root.path)/cpu")
        symlink("cpu,cpuacct", "\(root.path)/cpuacct")
        let found = try CgroupHierarchies.discover(root: root.path)
        #expect(found.mount(of: "cpuacct") == "\(root.path)/cpu,cpuacct")
        #expect(found.mount(of: "cpu") == "\(root.path)/cpu,cpuacct")
        #expect(found.mount(of: "name=systemd") == "\(root.path)/systemd")
        #expect(found.mount(of: "stray") == nil)
        #expect(
            Set(found.mounts) == [
                "\(root.path)/cpu,cpuacct", "\(root.path)/memory", "\(root.path)/systemd",
            ])
        guard case .v1(_, let unified) = found else { return #expect(Bool(false)) }
        #expect(unified == "\(root.path)/unified")
    }

    @Test func saysWhenThereAreNone() throws {
        let root = try FakeCgroupRoot(["file": ""])
        let path = root.path
        let error = #expect(throws: KernelError.self) {
            try CgroupHierarchies.discover(root: path)
        }
        #expect(error?.description.hasPrefix("find control groups in \(path)") == true)
    }
}

struct CgroupTests {
    @Test func makesAndRemovesOneDirectoryPerHierarchy() throws {
        let root = try FakeCgroupRoot(["memory/cgroup.procs": "", "pids/cgroup.procs": ""])
        let cgroup = Cgroup("swocker/abc", on: try .discover(root: root.path))
        try cgroup.create()
        #expect(exists("\(root.path)/memory/swocker/abc"))
        #expect(exists("\(root.path)/pids/swocker/abc"))
        #expect(
            Set(cgroup.joinFiles) == [
                "\(root.path)/memory/swocker/abc/tasks", "\(root.path)/pids/swocker/abc/tasks",
            ])
        // Left over and idle: taken over.
        try cgroup.create()
        try cgroup.remove()
        #expect(!exists("\(root.path)/memory/swocker"))
        #expect(!exists("\(root.path)/pids/swocker"))
        try cgroup.remove()
    }

    @Test func leavesTheUsersParentsAlone() throws {
        let root = try FakeCgroupRoot(["pids/cgroup.procs": ""])
        let cgroup = Cgroup("/theirs/abc", on: try .discover(root: root.path))
        try cgroup.create()
        try cgroup.remove()
        #expect(exists("\(root.path)/pids/theirs"))
    }

    @Test func refusesAGroupThatIsInUse() throws {
        let root = try FakeCgroupRoot([
            "pids/cgroup.procs": "", "pids/swocker/abc/cgroup.procs": "17\n",
        ])
        let cgroup = Cgroup("swocker/abc", on: try .discover(root: root.path))
        let error = #expect(throws: KernelError.self) { try cgroup.create() }
        #expect(error?.errno == .busy)
    }

    @Test func version2PassesControllersDown() throws {
        let root = try FakeCgroupRoot([
            "cgroup.controllers": "cpuset cpu io memory pids rdma\n",
            "cgroup.subtree_control": "memory pids\n",
            "swocker/cgroup.controllers": "cpuset cpu io memory pids\n",
            "swocker/cgroup.subtree_control": "\n",
        ])
        let cgroup = Cgroup("swocker/abc", on: try .discover(root: root.path))
        try cgroup.create()
        #expect(try root.text("cgroup.subtree_control") == "+cpuset +cpu +io +rdma")
        #expect(
            try root.text("swocker/cgroup.subtree_control") == "+cpuset +cpu +io +memory +pids")
        #expect(cgroup.joinFiles.isEmpty)
        #expect(try cgroup.openForClone() != nil)
    }

    @Test func listsProcessesOfNestedGroups() throws {
        let root = try FakeCgroupRoot([
            "pids/cgroup.procs": "", "pids/swocker/abc/cgroup.procs": "17\n0\n4\n",
            "pids/swocker/abc/init.scope/cgroup.procs": "23\n",
        ])
        let hierarchies = try CgroupHierarchies.discover(root: root.path)
        #expect(try Cgroup("swocker/abc", on: hierarchies).processes() == [17, 4, 23])
        #expect(try Cgroup("swocker/none", on: hierarchies).processes() == [])
    }

    @Test func statisticsOfVersion1() throws {
        let root = try FakeCgroupRoot([
            "memory/cgroup.procs": "", "cpuacct/cgroup.procs": "", "pids/cgroup.procs": "",
            "blkio/cgroup.procs": "",
            "memory/c/memory.usage_in_bytes": "4096\n",
            "memory/c/memory.limit_in_bytes": "9223372036854771712\n",
            "memory/c/memory.stat": "cache 1\ninactive_file 7\ntotal_inactive_file 512\n",
            "memory/c/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
            "cpuacct/c/cpuacct.usage": "123456789\n",
            "pids/c/pids.current": "2\n", "pids/c/pids.max": "64\n",
            "blkio/c/blkio.throttle.io_service_bytes_recursive":
                "8:0 Read 100\n8:0 Write 20\n8:0 Total 120\n8:16 Read 1\nTotal 121\n",
        ])
        let cgroup = Cgroup("c", on: try .discover(root: root.path))
        var expected = CgroupStatistics()
        (expected.memoryUsage, expected.inactiveFile) = (4096, 512)
        (expected.cpuNanoseconds, expected.pids, expected.pidsLimit) = (123_456_789, 2, 64)
        (expected.blockRead, expected.blockWritten) = (101, 20)
        #expect(cgroup.statistics() == expected)
        #expect(try cgroup.oomKillCount() == 3)
    }

    @Test func statisticsOfVersion2() throws {
        let root = try FakeCgroupRoot([
            "cgroup.controllers": "",
            "c/memory.current": "4096\n", "c/memory.max": "8192\n",
            "c/memory.stat": "anon 1\ninactive_file 512\n",
            "c/memory.events": "low 0\noom 2\noom_kill 1\n",
            "c/cpu.stat": "usage_usec 1500\nuser_usec 1000\n",
            "c/pids.current": "2\n", "c/pids.max": "max\n",
            "c/io.stat": "8:0 rbytes=100 wbytes=20 rios=1 wios=1\n8:16 rbytes=1 wbytes=0\n",
        ])
        let cgroup = Cgroup("c", on: try .discover(root: root.path))
        var expected = CgroupStatistics()
        (expected.memoryUsage, expected.memoryLimit, expected.inactiveFile) = (4096, 8192, 512)
        (expected.cpuNanoseconds, expected.pids) = (1_500_000, 2)
        (expected.blockRead, expected.blockWritten) = (101, 20)
        #expect(cgroup.statistics() == expected)
        #expect(try cgroup.oomKillCount() == 1)
    }
}

private func canMakeCgroups() -> Bool {
    guard geteuid() == 0, let hierarchies = try? CgroupHierarchies.discover() else { return false }
    return hierarchies.mounts.allSatisfy { access("\($0)/cgroup.procs", W_OK) == 0 }
}

/// The mount of cgroup version 2, alone or beside version 1.
private let version2Mount = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].first {
    exists("\($0)/cgroup.procs")
}

/// On the kernel's own control groups, where the tests run as root.
@Suite(.enabled(if: canMakeCgroups()))
struct CgroupKernelTests {
    /// The files by which a process makes itself a member.
    private func joinFiles(of cgroup: Cgroup) -> [String] {
        guard case .v2 = cgroup.hierarchies else { return cgroup.joinFiles }
        return cgroup.directories.map { "\($0)/cgroup.procs" }
    }

    /// Runs `body` with a group of its own and a sleeping process in it that joined by itself.
    private func withSleeper(_ body: (Cgroup, pid_t) throws -> Void) throws {
        let name = "swocker-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let cgroup = Cgroup("\(name)/a", on: try .discover())
        try cgroup.create()
        defer {
            try? cgroup.remove()
            try? Cgroup(name, on: cgroup.hierarchies).remove()
        }
        let script = joinFiles(of: cgroup).map { "echo 0 > \($0)" }.joined(separator: " && ")
        var pid: pid_t = 0
        let arguments: [String] = ["/bin/sh", "-c", "\(script) && exec sleep 100"]
        let words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        #expect(posix_spawn(&pid, "/bin/sh", nil, nil, words, environ) == 0)
        defer {
            // Reaped by the test already, or still ours.
            if waitpid(pid, nil, WNOHANG) == 0 {
                kill(pid, SIGKILL)
                waitpid(pid, nil, 0)
            }
        }
        // A minute, for slow machines; nobody waits longer than it takes.
        for _ in 0..<6000 {
            if try cgroup.processes() == [pid] { break }
            usleep(10_000)
        }
        try body(cgroup, pid)
    }

    @Test func aProcessJoinsFreezesAndDies() throws {
        try withSleeper { cgroup, pid in
            for file in joinFiles(of: cgroup) {
                let members = String(decoding: try contents(of: file), as: UTF8.self)
                #expect(members == "\(pid)\n", "\(file)")
            }
            #expect(cgroup.statistics().pids == 1)
            try cgroup.freeze()
            #expect(try cgroup.isFrozen())
            try cgroup.thaw()
            #expect(try !cgroup.isFrozen())
            try cgroup.killAll()
            var status: CInt = 0
            #expect(waitpid(pid, &status, 0) == pid)
            #expect(status & 0x7F == SIGKILL)
            try cgroup.remove()
            #expect(cgroup.directories.allSatisfy { !exists($0) })
        }
    }

    /// The tree without controllers of a hybrid machine freezes and kills all the same.
    @Test(.enabled(if: version2Mount != nil))
    func version2FreezesAndKills() throws {
        let hierarchies = CgroupHierarchies.v2(mount: try #require(version2Mount))
        let cgroup = Cgroup("swocker-test-\(getpid())-v2", on: hierarchies)
        try cgroup.create()
        defer { try? cgroup.remove() }
        try withSleeper { _, pid in
            try cgroup.add(process: pid)
            #expect(try cgroup.processes() == [pid])
            try cgroup.freeze()
            #expect(try cgroup.isFrozen())
            try cgroup.thaw()
            #expect(try !cgroup.isFrozen())
            try cgroup.killAll()
            var status: CInt = 0
            #expect(waitpid(pid, &status, 0) == pid)
            #expect(status & 0x7F == SIGKILL)
        }
    }

    /// A group that others have made in part, with processes in it, as systemd does.
    @Test func entersAGroupThatIsThereInPart() throws {
        try withSleeper { cgroup, pid in
            let name = "swocker-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
            let target = Cgroup(name, on: cgroup.hierarchies)
            try makeDirectory(target.directories[0])
            defer { try? target.remove() }
            try target.enter(process: pid)
            #expect(try target.processes() == [pid])
            for directory in target.directories {
                let members = String(
                    decoding: try contents(of: "\(directory)/cgroup.procs"), as: UTF8.self)
                #expect(members == "\(pid)\n", "\(directory)")
            }
            try target.enter(process: pid)
            try target.killAll()
            waitpid(pid, nil, 0)
        }
    }

    @Test func tellsWhenMemoryRunsOut() throws {
        try withSleeper { cgroup, pid in
            var watch = try OutOfMemoryWatch(cgroup)
            #expect(try watch.take() == 0)
            let memory = try #require(cgroup.directory(of: "memory"))
            let isV2 = if case .v2 = cgroup.hierarchies { true } else { false }
            let limits =
                isV2
                ? ["memory.max", "memory.swap.max"]
                : ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"]
            try writeControl("\(memory)/\(limits[0])", "4194304")
            try? writeControl("\(memory)/\(limits[1])", isV2 ? "0" : "4194304")
            let tasks = isV2 ? "cgroup.procs" : "tasks"
            let script = "echo 0 > \(memory)/\(tasks) && exec tail /dev/zero"
            let arguments: [String] = ["/bin/sh", "-c", script]
            let words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
            defer { words.forEach { free($0) } }
            var hungry: pid_t = 0
            #expect(posix_spawn(&hungry, "/bin/sh", nil, nil, words, environ) == 0)
            var status: CInt = 0
            #expect(waitpid(hungry, &status, 0) == hungry)
            #expect(status & 0x7F == SIGKILL)
            var set = PollSet()
            set.add(watch.raw, Int32(POLLIN))
            #expect(try set.wait(milliseconds: 5000) == 1)
            #expect(try watch.take() > 0)
            #expect(try watch.take() == 0)
            #expect(try cgroup.oomKillCount() > 0)
        }
    }

    @Test func childrenOfACpusetMadeByOthersGetProcessors() throws {
        let hierarchies = try CgroupHierarchies.discover()
        guard case .v1 = hierarchies, let mount = hierarchies.mount(of: "cpuset") else { return }
        let name = "swocker-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        // A parent that nobody filled, as after a crash between two of our calls.
        try makeDirectory("\(mount)/\(name)")
        let cgroup = Cgroup("\(name)/a", on: hierarchies)
        defer {
            try? cgroup.remove()
            try? Cgroup(name, on: hierarchies).remove()
        }
        try cgroup.create()
        let cpus = try contents(of: "\(mount)/\(name)/a/cpuset.cpus")
        #expect(cpus == (try contents(of: "\(mount)/cpuset.cpus")))
    }
}
