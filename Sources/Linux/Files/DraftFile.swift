// SPDX-License-Identifier: Apache-2.0

internal import CLinux
public import Glibc

/// A file that gets its name when it is complete. Until then it has none, so whatever ends its maker,
/// SIGKILL too, leaves nothing behind (open(2), O_TMPFILE). File systems that cannot do that give it a
/// hidden name beside its place, which only a killed maker leaves.
public struct DraftFile: ~Copyable {
    private let file: OwnedFD
    private let path: String
    private let beside: String
    private let isNamed: Bool

    /// - Parameters:
    ///   - path: what the file will be called; its directory must exist.
    ///   - mode: the permission bits, less the umask.
    public init(_ path: String, mode: mode_t = 0o600) throws(KernelError) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
        let beside = "\(directory)/.\(name).\(getpid()).tmp"
        var isNamed = false
        let file = try attempting("write \(path)") { () throws(Errno) -> OwnedFD in
            do throws(Errno) {
                return try OwnedFD.open(directory, O_WRONLY | CInt(clinux_O_TMPFILE), mode: mode)
            } catch {
                guard error == .notSupported || error == .isDirectory else { throw error }
                isNamed = true
                let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW
                return try OwnedFD.open(beside, flags, mode: mode)
            }
        }
        self.path = path
        self.beside = beside
        self.isNamed = isNamed
        self.file = file
    }

    /// To write to; the draft's own.
    public var raw: CInt { file.raw }

    /// Gives the complete file its name; what bore it is replaced.
    public consuming func publish() throws(KernelError) {
        let (raw, path, beside, isNamed) = (file.raw, path, beside, isNamed)
        try attempting("write \(path)") { () throws(Errno) in
            if !isNamed {
                unlink(beside)
                let source = "/proc/self/fd/\(raw)"
                try syscall { linkat(AT_FDCWD, source, AT_FDCWD, beside, AT_SYMLINK_FOLLOW) }
            }
            do throws(Errno) { try syscall { rename(beside, path) } } catch {
                unlink(beside)
                throw error
            }
        }
    }

    // Published, the hidden name is gone already.
    deinit { if isNamed { unlink(beside) } }
}
