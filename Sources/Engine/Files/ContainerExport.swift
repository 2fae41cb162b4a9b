// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Linux

extension Engine {
    /// Writes a container's files as one tar: what its image and itself have, without volumes and
    /// what else is mounted, with owners as the container sees them.
    /// - Parameters:
    ///   - output: a descriptor, borrowed.
    ///   - progress: called with the bytes written so far.
    public func export(
        _ text: String, to output: CInt, progress: ((Int64) -> Void)? = nil
    ) throws {
        let database = try open()
        let layers = try layers(of: try container(text, in: database), in: database)
        var options = TreeEntries.Options()
        options.owners = layers.owners
        let entries = try TreeEntries(.tree(try layers.merged()), options)
        try TarStream(entries).copy(to: output, progress: progress)
    }

    /// Writes a file that appears under its name only when it is complete, readable for its owner
    /// alone.
    public func writeWhole(_ path: String, _ body: (CInt) throws -> Void) throws {
        let temporary = "\(path).\(getpid()).tmp"
        let file = try attempting("open \(temporary)") { () throws(Errno) in
            try OwnedFD.open(
                temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        }
        do {
            try body(file.raw)
            try attempting("rename \(temporary) to \(path)") { () throws(Errno) in
                _ = try syscall { rename(temporary, path) }
            }
        } catch {
            unlink(temporary)
            throw error
        }
    }
}
