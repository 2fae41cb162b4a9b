// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// Bytes of the files below a directory, as they say themselves; one with several names counts once.
/// What vanishes while it is looked at counts nothing, and so does what lies deeper than 200
/// directories: a container may be at work there.
func diskUsage(of directory: String) -> Int64 {
    guard let top = try? OwnedFD.open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else {
        return 0
    }
    var walk = UsageWalk()
    walk.add(top.raw, depth: 0)
    return walk.bytes
}

private struct UsageWalk {
    private(set) var bytes: Int64 = 0
    private var seen: Set<UInt64> = []
    private static let deepest = 200

    mutating func add(_ directory: CInt, depth: Int) {
        for name in (try? entryNames(of: directory)) ?? [] {
            guard let status = try? status(of: name, in: directory) else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                guard depth < Self.deepest,
                    let child = try? OwnedFD.open(
                        name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: directory)
                else { continue }
                add(child.raw, depth: depth + 1)
            } else if status.st_nlink < 2 || seen.insert(UInt64(status.st_ino)).inserted {
                let (sum, overflow) = bytes.addingReportingOverflow(Int64(status.st_size))
                bytes = overflow ? .max : sum
            }
        }
    }
}
