// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// The files of a log in Docker's format: the one that is written, and beside it `.1`, `.2` and on,
/// the older the higher. Rotation renames them all, so that a reader knows a file by its inode.
enum JSONLogFiles {
    /// A file that is made for the next rotation.
    static func upcoming(_ path: String) -> String { path + ".new" }

    static func rotated(_ path: String, _ number: Int) -> String { "\(path).\(number)" }

    /// The numbers of the rotated files that exist, ascending: the newest first.
    static func numbers(of path: String) throws(KernelError) -> [Int] {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return [] }
        let prefix = path[path.index(after: slash)...] + "."
        return try names(in: String(path[..<slash]))
            .compactMap { $0.hasPrefix(prefix) ? Int($0.dropFirst(prefix.count)) : nil }
            .filter { $0 > 0 }.sorted()
    }

    /// Opens the files from the newest to the oldest until `body` has enough. Rotation moves files
    /// the same way, so none is missed; one that is met twice is passed over.
    /// - Parameter body: whether to go on.
    static func newestFirst(
        _ path: String, _ body: (consuming OwnedFD) throws(KernelError) -> Bool
    ) throws(KernelError) {
        var seen: Set<UInt64> = []
        let last = try numbers(of: path).last ?? 0
        for number in 0...(last + 1) {
            guard let file = try open(number == 0 ? path : rotated(path, number)) else { continue }
            let status = try attempting("read \(path)") { () throws(Errno) in
                try file.fileStatus()
            }
            guard seen.insert(status.inode).inserted else { continue }
            if try !body(file) { return }
        }
    }

    /// - Returns: nil when there is no such file.
    private static func open(_ path: String) throws(KernelError) -> OwnedFD? {
        do throws(Errno) { return try OwnedFD.open(path, O_RDONLY | O_NOFOLLOW) } catch {
            if error == .noEntry { return nil }
            throw KernelError(action: "open \(path)", errno: error)
        }
    }

    /// Removes what has been logged. A writer that sees its file gone makes a new one.
    static func clear(_ path: String) throws(KernelError) {
        try removeFile(path)
        for number in try numbers(of: path).reversed() { try removeFile(rotated(path, number)) }
    }

    /// Makes room for a new file at `path`, which stands ready beside it.
    /// - Parameter count: how many files stay, the new one included.
    static func rotate(_ path: String, keeping count: Int) throws(KernelError) {
        for number in try numbers(of: path).reversed() {
            if number + 1 >= count {
                try removeFile(rotated(path, number))
            } else {
                try move(rotated(path, number), to: rotated(path, number + 1))
            }
        }
        if count > 1 { try move(path, to: rotated(path, 1)) }
        try move(upcoming(path), to: path)
    }

    /// What somebody else has removed meanwhile need not be moved.
    private static func move(_ path: String, to target: String) throws(KernelError) {
        try attempting("rotate \(path)") { () throws(Errno) in
            do throws(Errno) { try syscall { rename(path, target) } } catch {
                if error != .noEntry { throw error }
            }
        }
    }
}

extension OwnedFD {
    /// Where the last whole line of this file ends.
    func endOfWholeLines() throws(Errno) -> Int {
        var end = try fileStatus().size
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while end > 0 {
            let start = max(0, end - buffer.count)
            let count = try read(at: start, into: &buffer)
            let window = buffer[..<min(count, end - start)]
            if let newline = window.lastIndex(of: UInt8(ascii: "\n")) { return start + newline + 1 }
            end = start
        }
        return 0
    }
}
