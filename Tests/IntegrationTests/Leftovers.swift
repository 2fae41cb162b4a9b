// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux

/// What a test may leave on the machine, seen from outside the engine: by the kernel's own lists.
struct Leftovers {
    /// The test's directory.
    let directory: String
    /// The engine's cgroups that were there before the test.
    private let formerCgroups: Set<String>

    /// The ids of the engine's networks: each may have a bridge.
    var networks: [String] = []

    init(directory: String) {
        self.directory = directory
        formerCgroups = Set(Self.cgroups())
    }

    /// One line per thing; empty when all is clean.
    func list() -> [String] {
        processes().map { "process \($0)" } + mounts().map { "mount \($0)" }
            + newCgroups().map { "cgroup \($0)" }
            + files().map { "file \($0)" } + bridges().map { "bridge \($0)" }
    }

    /// Processes whose environment or mounts name the directory: monitors, clients, containers.
    /// - Parameter program: only those of this name.
    func processes(called program: String? = nil) -> [pid_t] {
        let ours = linkTarget("/proc/self/ns/mnt")
        return entries("/proc").compactMap { pid_t($0) }.filter { pid in
            guard pid > 1, pid != getpid() else { return false }
            if let program, text("/proc/\(pid)/comm") != "\(program)\n" { return false }
            let isNamed = ["environ", "cmdline"].contains {
                contains(text("/proc/\(pid)/\($0)"), directory)
            }
            return (isNamed || (linkTarget("/proc/\(pid)/ns/mnt") != ours && isMounted(in: pid)))
                && !contains(text("/proc/\(pid)/stat"), ") Z ")
        }
    }

    /// Whether a process lives on files of the directory, as a container does. What is mounted *at* a
    /// place in it is seen by every other process too, and `destroy` kills whom `processes` names.
    private func isMounted(in pid: pid_t) -> Bool {
        let mounts = text("/proc/\(pid)/mountinfo")
        guard contains(mounts, directory) else { return false }
        return mounts.split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            return fields.count > 4 && !fields[4].hasPrefix(directory)
                && contains(String(line), directory)
        }
    }

    /// The engine's bridges: they go a moment after the last container.
    func bridges() -> [String] {
        networks.map { "sw-\($0.prefix(12))" }.filter { if_nametoindex($0) > 0 }
    }

    func mounts() -> [String] {
        text("/proc/self/mountinfo").split(separator: "\n").map(String.init)
            .filter { contains($0, directory) }
    }

    /// Cgroups that were not there before the test, of containers that its engine has known: others
    /// may be testing on this machine.
    func newCgroups() -> [String] {
        let new = Self.cgroups().filter { !formerCgroups.contains($0) }
        if new.isEmpty { return [] }
        // Every container that ever started is among the events.
        let records = ["", "-wal"].map { text("\(directory)/root/state.db\($0)") }
        return new.filter { group in
            let id = group.split(separator: "/").last.map(String.init) ?? ""
            return records.contains { contains($0, id) }
        }
    }

    private static func cgroups() -> [String] {
        let base = "/sys/fs/cgroup"
        let roots = [base] + entries(base).map { "\(base)/\($0)" }
        return roots.map { "\($0)/swocker" }.flatMap { parent in
            entries(parent).map { "\(parent)/\($0)" }.filter { isDirectory($0) }
        }
    }

    /// What removed containers must not leave in the engine's directories.
    func files() -> [String] {
        entries("\(directory)/root/containers").map { "containers/\($0)" }
            + entries("\(directory)/state").filter { $0.utf8.count == 64 }.map { "state/\($0)" }
    }

    /// Removes by force what `list()` names, so that one failed test does not fail the next.
    func destroy() {
        for pid in processes() { kill(pid, SIGKILL) }
        for group in newCgroups() {
            for pid in text("\(group)/cgroup.procs").split(separator: "\n") {
                if let pid = pid_t(pid) { kill(pid, SIGKILL) }
            }
        }
        usleep(20_000)
        for line in mounts().reversed() {
            let fields = line.split(separator: " ")
            if fields.count > 4 { umount2(String(fields[4]), CInt(MNT_DETACH)) }
        }
        for group in newCgroups() { rmdir(group) }
    }
}

/// With libc's search: every process is looked through again and again.
private func contains(_ text: String, _ part: String) -> Bool {
    var (text, part) = (text, part)
    return text.withUTF8 { text in part.withUTF8 { contains(text, $0) } }
}

private func contains(
    _ text: UnsafeBufferPointer<UInt8>, _ part: UnsafeBufferPointer<UInt8>
) -> Bool {
    guard var place = text.baseAddress, let wanted = part.baseAddress else { return part.isEmpty }
    let end = place + text.count
    while end - place >= part.count,
        let found = memchr(place, Int32(wanted[0]), end - place - part.count + 1)
    {
        if memcmp(found, wanted, part.count) == 0 { return true }
        place = UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) + 1
    }
    return false
}

/// The names in a directory; none when there is no such directory.
func entries(_ directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}

/// A file's content; empty when it cannot be read.
func text(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { break }
        bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}

func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// What a symbolic link says.
func linkTarget(_ path: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &buffer, buffer.count)
    return String(
        decoding: buffer.prefix(max(count, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Whether there is anything of that name, be it a dangling link.
func isThere(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
}

/// Makes a file with this content.
func make(_ path: String, _ content: String, mode: mode_t = 0o644) {
    make(path, Array(content.utf8), mode: mode)
}

func make(_ path: String, _ content: [UInt8], mode: mode_t = 0o644) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    precondition(descriptor >= 0, "cannot make \(path)")
    var rest = content[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        precondition(count > 0, "cannot write \(path)")
        rest = rest.dropFirst(count)
    }
    fchmod(descriptor, mode)
    close(descriptor)
}

/// A file's bytes.
func bytes(of path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    precondition(descriptor >= 0, "cannot open \(path)")
    defer { close(descriptor) }
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return all }
        all += buffer[..<count]
    }
}
