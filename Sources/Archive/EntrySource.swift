// SPDX-License-Identifier: Apache-2.0

public import Glibc
public import Linux

/// Entries of a tar that is to be, one after the other.
public protocol EntrySource: AnyObject {
    /// The next entry, and its content if it is a file that has some; nil at the end.
    func next() throws(ArchiveError) -> (entry: TarEntry, content: EntryContent?)?
}

/// What follows an entry.
public enum EntryContent {
    /// A file, from where it stands.
    case file(OpenFile)
    /// As many bytes as the entry says.
    case bytes([UInt8])

    /// An open file that values can hold.
    public final class OpenFile {
        public let descriptor: OwnedFD
        /// Takes the descriptor over.
        public init(_ descriptor: consuming OwnedFD) { self.descriptor = descriptor }
    }
}

extension TarEntry.Kind {
    /// What an open file is for a tar; nil for what no tar can hold: a socket. A directory is none.
    /// - Parameter file: open as a mere path.
    public init?(of file: borrowing OwnedFD, _ status: stat) throws(Errno) {
        let number = DeviceNumber(rawValue: status.st_rdev)
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFLNK: self = .symlink(try linkTarget(of: file.raw))
        case S_IFCHR: self = .characterDevice(major: number.major, minor: number.minor)
        case S_IFBLK: self = .blockDevice(major: number.major, minor: number.minor)
        case S_IFIFO: self = .fifo
        default: return nil
        }
    }
}
