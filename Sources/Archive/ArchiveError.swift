// SPDX-License-Identifier: Apache-2.0

public import Linux

/// Why a stream of bytes could not be read as an archive, or an archive not be placed.
public enum ArchiveError: Error, CustomStringConvertible {
    /// The stream or the tar is damaged; libarchive's words.
    case damaged(String)
    /// The stream ended before its stated length.
    case truncated
    /// No known compression, and no tar.
    case unknownFormat
    /// An entry that no directory could hold, or whose name leaves it; the name is quoted.
    case refused(entry: String, reason: String)
    /// The kernel refused to make an entry; the name is quoted.
    case placing(entry: String, Errno)
    /// The kernel refused to read what shall be archived; the path is quoted.
    case reading(path: String, Errno)
    case kernel(KernelError)

    public var description: String {
        switch self {
        case .damaged(let reason): "damaged archive: \(reason)"
        case .truncated: "truncated archive: unexpected end"
        case .unknownFormat:
            "unknown archive format or compression (known: tar; gzip, zstd, xz, bzip2)"
        case .refused(let entry, let reason): "archive entry \(entry): \(reason)"
        case .placing(let entry, let errno): "unpack \(entry): \(errno)"
        case .reading(let path, let errno): "read \(path): \(errno)"
        case .kernel(let error): error.description
        }
    }

    /// The kernel's answer, where it was the kernel that refused.
    public var errno: Errno? {
        switch self {
        case .placing(_, let errno), .reading(_, let errno): errno
        case .kernel(let error): error.errno
        default: nil
        }
    }
}
