// SPDX-License-Identifier: Apache-2.0

public import Glibc

/// One control group: the same path in every hierarchy of version 1, one directory of version 2. It
/// is nothing but directories; whoever knows its path can make, use and remove it.
public struct Cgroup: Equatable, Sendable {
    /// The trees in which it has its directories.
    public let hierarchies: CgroupHierarchies
    /// Below the mounts, without a slash in front: "swocker/<id>".
    public let path: String

    /// Names a cgroup; nothing is made yet.
    /// - Parameter path: a slash in front makes no difference.
    public init(_ path: String, on hierarchies: CgroupHierarchies) {
        self.hierarchies = hierarchies
        self.path = String(path.drop { $0 == "/" })
    }

    /// One directory per mount.
    public var directories: [String] { hierarchies.mounts.map { "\($0)/\(path)" } }

    /// The directory that has `controller`; nil when the kernel has no such controller.
    public func directory(of controller: String) -> String? {
        hierarchies.mount(of: controller).map { "\($0)/\(path)" }
    }

    /// Files of version 1 into which the container's own first process writes "0"; empty on
    /// version 2.
    ///
    /// Measured: a pid written to cgroup.procs costs the writer an RCU grace period of about 8 ms,
    /// because the kernel must stop the threads of a process that is not its own. A process with
    /// one thread that writes "0" into `tasks` moves only itself and pays 15 µs.
    public var joinFiles: [String] {
        guard case .v1 = hierarchies else { return [] }
        return directories.map { "\($0)/tasks" }
    }

    /// The directory of version 2 for clone3's CLONE_INTO_CGROUP: the child is born in it. Nil on
    /// version 1.
    public func openForClone() throws(KernelError) -> OwnedFD? {
        guard case .v2(let mount) = hierarchies else { return nil }
        let directory = "\(mount)/\(path)"
        return try attempting("open \(directory)") { () throws(Errno) in
            try OwnedFD.open(directory, O_RDONLY | O_DIRECTORY)
        }
    }

    /// Moves a process into the cgroup with all its threads. For a process that can do it itself,
    /// `joinFiles` is far cheaper.
    public func add(process: pid_t) throws(KernelError) {
        for directory in directories { try writeControl("\(directory)/cgroup.procs", "\(process)") }
    }
}

// MARK: Making and removing

extension Cgroup {
    /// Makes the directories, and the parents that are missing. A directory left over from a
    /// container that died is taken over when no process is in it (EBUSY otherwise).
    public func create() throws(KernelError) {
        for mount in hierarchies.mounts { try create(on: mount) }
        switch hierarchies {
        case .v1:
            if let mount = hierarchies.mount(of: "cpuset") { try fillCpuset(mount, path[...]) }
        case .v2(let mount):
            try enableControllers(mount, path[...])
        }
    }

    /// Moves a process here, into a group that somebody else (systemd) may have made in part: the
    /// directories that are missing are made, and one that has processes is as good as another.
    public func enter(process: pid_t) throws(KernelError) {
        for mount in hierarchies.mounts where !exists("\(mount)/\(path)") {
            try create(on: mount)
        }
        switch hierarchies {
        case .v1:
            if let mount = hierarchies.mount(of: "cpuset") { try fillCpuset(mount, path[...]) }
            try add(process: process)
        case .v2(let mount):
            // What its owner does not pass down is missed when a limit needs it.
            try? enableControllers(mount, path[...])
            // To write a process where it is already would need rights on its ancestors.
            if try !processes().contains(process) { try add(process: process) }
        }
    }

    private func create(on mount: String) throws(KernelError) {
        let directory = "\(mount)/\(path)"
        // Another container's end may take an empty parent away between our two calls.
        for _ in 0..<100 {
            do { return try make(directory) } catch {
                guard error.errno == .noEntry else { throw error }
            }
            do {
                try makeDirectories(Self.parent(of: directory))
                try prepareParent(on: mount)
            } catch {
                guard error.errno == .noEntry || error.errno == .noDevice else { throw error }
            }
        }
        try make(directory)
    }

    private func make(_ directory: String) throws(KernelError) {
        try attempting("mkdir \(directory)") { () throws(Errno) in
            do throws(Errno) { try syscall { mkdir(directory, 0o755) } } catch {
                guard error == .exists else { throw error }
                let members = try? readControl("\(directory)/cgroup.procs")
                if members?.isEmpty == false { throw .busy }
            }
        }
    }

    /// A cpuset of version 1 is born without processors and memory, and refuses processes until it
    /// has them; children of a parent with `clone_children` inherit.
    private func prepareParent(on mount: String) throws(KernelError) {
        guard case .v1 = hierarchies, mount == hierarchies.mount(of: "cpuset") else { return }
        try fillCpuset(mount, Self.parent(of: path[...]))
    }

    private func fillCpuset(_ mount: String, _ path: Substring) throws(KernelError) {
        let directory = "\(mount)/\(path)"
        guard !path.isEmpty, try readControl("\(directory)/cpuset.mems").isEmpty else { return }
        let parent = Self.parent(of: path)
        try fillCpuset(mount, parent)
        for file in ["cpuset.cpus", "cpuset.mems"] {
            let value = try readControl("\(mount)/\(parent)/\(file)")
            try writeControl("\(directory)/\(file)", String(decoding: value, as: UTF8.self))
        }
        try writeControl("\(directory)/cgroup.clone_children", "1")
    }

    /// On version 2 a cgroup has the controllers that its parent passes down
    /// (cgroup.subtree_control); those that the kernel or an ancestor lacks stay out.
    private func enableControllers(_ mount: String, _ path: Substring) throws(KernelError) {
        let parent = Self.parent(of: path)
        let directory = parent.isEmpty ? mount : "\(mount)/\(parent)"
        let enabled = try words(of: "\(directory)/cgroup.subtree_control")
        var missing = Self.wantedControllers.filter { !enabled.contains($0) }
        if missing.isEmpty { return }
        if !parent.isEmpty { try enableControllers(mount, parent) }
        let available = try words(of: "\(directory)/cgroup.controllers")
        missing.removeAll { !available.contains($0) }
        let file = "\(directory)/cgroup.subtree_control"
        do {
            if !missing.isEmpty {
                try writeControl(file, missing.map { "+\($0)" }.joined(separator: " "))
            }
        } catch {
            // One controller that refuses (a real-time thread keeps cpu out) must not take the
            // others with it. What is then missing shows when its setting is written.
            for controller in missing { try? writeControl(file, "+\(controller)") }
        }
    }

    private static let wantedControllers = [
        "cpuset", "cpu", "io", "memory", "pids", "hugetlb", "rdma",
    ]

    private func words(of file: String) throws(KernelError) -> [String] {
        try readControl(file).split(separator: UInt8(ascii: " ")).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// Removes the directories with what the container made below them; those that are gone
    /// already are fine. Processes that are just dying keep a cgroup busy, so this waits for them,
    /// two seconds at most.
    /// - Parameter emptyParents: whether a parent "swocker" that is left empty goes too; other
    ///   parents are the user's. Making and removing it again doubles what a cgroup of version 1
    ///   costs (measured: 0.4 ms more), so the next start is faster when it stays.
    public func remove(emptyParents: Bool = true) throws(KernelError) {
        for directory in directories {
            try attempting("remove cgroup \(directory)") { () throws(Errno) in
                try Self.removeWhenIdle(directory)
            }
        }
        guard emptyParents, Self.parent(of: path[...]) == "swocker" else { return }
        for mount in hierarchies.mounts { rmdir("\(mount)/swocker") }
    }

    private static func removeWhenIdle(_ directory: String) throws(Errno) {
        var microseconds: UInt32 = 250
        var waited: UInt32 = 0
        while true {
            do throws(Errno) {
                try syscall { rmdir(directory) }
                return
            } catch {
                if error == .noEntry { return }
                guard error == .busy || error == .notEmpty, waited < 2_000_000 else { throw error }
            }
            for child in subdirectories(of: directory) { try removeWhenIdle(child) }
            usleep(microseconds)
            waited += microseconds
            microseconds = min(2 * microseconds, 20_000)
        }
    }

    /// The cgroups directly below. A directory of the kernel's counts its subdirectories in its
    /// links, so that one without children costs a single call.
    static func subdirectories(of directory: String) -> [String] {
        var status = stat()
        guard stat(directory, &status) == 0, status.st_nlink != 2 else { return [] }
        let names = (try? names(in: directory)) ?? []
        return names.map { "\(directory)/\($0)" }.filter { path in
            lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }
    }

    private static func parent(of path: Substring) -> Substring {
        path.lastIndex(of: "/").map { path[..<$0] } ?? ""
    }

    private static func parent(of path: String) -> String { String(parent(of: path[...])) }
}
