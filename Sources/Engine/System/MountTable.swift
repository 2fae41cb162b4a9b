// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// The mounts that this process sees (proc_pid_mountinfo(5)).
enum MountTable {
    /// The type of the file system that a directory is on; empty when there is none.
    static func fileSystem(of path: String) -> String {
        guard let resolved = realpath(path, nil) else { return "" }
        defer { free(resolved) }
        let table = (try? contents(of: "/proc/self/mountinfo")) ?? []
        return fileSystem(
            of: String(cString: resolved), in: String(decoding: table, as: UTF8.self))
    }

    /// The type of the mount with the longest mount point above `path`; of equal ones the last.
    static func fileSystem(of path: String, in table: String) -> String {
        var best = (length: -1, type: "")
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 4, let dash = words.firstIndex(of: "-"), dash + 1 < words.count
            else { continue }
            let point = words[4]
            guard point == "/" || path == point || path.hasPrefix("\(point)/") else { continue }
            let length = point == "/" ? 0 : point.utf8.count
            if length >= best.length { best = (length, String(words[dash + 1])) }
        }
        return best.type
    }
}
