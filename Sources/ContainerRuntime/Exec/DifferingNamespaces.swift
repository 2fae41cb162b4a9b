// SPDX-License-Identifier: Apache-2.0

public import Glibc
public import Linux

extension Namespaces {
    /// The kinds of namespaces in which a process does not share this process's own: those that are
    /// worth joining. Joining the own one again costs time, and of a user namespace is an error.
    /// - Parameter pid: the process; whether the number still means it is for the caller to know,
    ///   who
    ///   holds its pidfd.
    /// - Throws: ENOENT when there is no such process, EACCES when it is another user's.
    public static func differing(of pid: pid_t) throws(KernelError) -> Namespaces {
        var differing: Namespaces = []
        for (kind, _, file) in all {
            var own = stat()
            var other = stat()
            // A kernel that lacks a kind lacks the file.
            guard stat("/proc/self/ns/\(file)", &own) == 0 else { continue }
            let path = "/proc/\(pid)/ns/\(file)"
            _ = try attempting("stat \(path)") { () throws(Errno) in
                try syscall { stat(path, &other) }
            }
            if own.st_ino != other.st_ino || own.st_dev != other.st_dev { differing.insert(kind) }
        }
        return differing
    }
}
