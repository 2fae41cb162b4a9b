// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// The files of one log: `<number>.log`, numbers ascend and are never used twice, so that a reader
/// who meets a gap knows that what lay there was rotated away.
enum LogSegments {
    static func name(of number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits + ".log"
    }

    static func path(of number: UInt64, in directory: String) -> String {
        directory + "/" + name(of: number)
    }

    /// The numbers of the segments that exist, ascending.
    static func numbers(in directory: String) throws(KernelError) -> [UInt64] {
        var numbers: [UInt64] = []
        for name in try names(in: directory) where name.hasSuffix(".log") {
            if let number = UInt64(name.dropLast(4)) { numbers.append(number) }
        }
        return numbers.sorted()
    }

    static func open(_ number: UInt64, in directory: String) throws(KernelError) -> OwnedFD {
        let path = path(of: number, in: directory)
        return try attempting("open \(path)") { () throws(Errno) in
            try OwnedFD.open(path, O_RDONLY | O_NOFOLLOW)
        }
    }
}

extension LogSegments {
    /// Removes what has been logged. An empty segment follows the last one, so that no number is
    /// used twice; a writer that sees its segment gone goes on there.
    static func clear(_ directory: String) throws(KernelError) {
        let former = try numbers(in: directory)
        guard let last = former.last else { return }
        let path = path(of: last + 1, in: directory)
        try attempting("open \(path)") { () throws(Errno) in
            _ = try OwnedFD.open(path, O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o600)
        }
        for number in former { try removeFile(self.path(of: number, in: directory)) }
    }
}

extension OwnedFD {
    /// The file's size in bytes, whether a name still leads to it, and which it is.
    func fileStatus() throws(Errno) -> (size: Int, isLinked: Bool, inode: UInt64) {
        let fd = raw
        var status = stat()
        try syscall { fstat(fd, &status) }
        return (Int(status.st_size), status.st_nlink > 0, UInt64(status.st_ino))
    }

    /// Reads at `offset` as much as there is, up to the buffer's size.
    func read(
        at offset: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws(Errno) -> Int {
        let fd = raw
        var count = 0
        while count < buffer.count {
            let more = try syscall {
                pread(
                    fd, buffer.baseAddress.map { $0 + count }, buffer.count - count, offset + count)
            }
            if more == 0 { break }
            count += more
        }
        return count
    }
}
