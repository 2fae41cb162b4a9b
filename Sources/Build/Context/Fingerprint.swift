// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Images
internal import Linux
internal import OCI

/// What entries are, without their times: the digest of all, and of each by its path.
struct Fingerprint {
    private(set) var all: [CachedLayer.Ingredient] = []
    private(set) var bytes: Int64 = 0
    private(set) var count = 0
    private var hash = SHA256()
    /// More than these are summed up and not told apart.
    private static let most = 20_000

    /// Reads everything.
    /// - Parameter dropped: how many names in front explanations leave out.
    init(of entries: any EntrySource, dropping dropped: Int = 0) throws {
        let reader = ContentReader()
        while let (entry, content) = try entries.next() {
            let digest = try reader.digest(of: entry, content)
            hash.update(digest)
            bytes += entry.size
            count += 1
            guard all.count < Self.most else { continue }
            let shown = Array(
                entry.path.split(separator: slash).dropFirst(dropped).joined(separator: [slash]))
            all.append(
                CachedLayer.Ingredient(
                    name: "file \(quoted(shown))", digest: String(digest.hex.prefix(16))))
        }
    }

    /// Of all together; call it once.
    mutating func finish() -> Digest { hash.finish() }
}

extension SHA256 {
    mutating func update(_ digest: Digest) { update(Array(digest.hex.utf8)) }

    mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// A text with its length, so that no two lists of texts look the same.
    mutating func update(counted text: String) {
        update(Array("\(text.utf8.count):\(text)\n".utf8))
    }
}

/// Reads files through one buffer.
final class ContentReader {
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 4096)
    deinit { buffer.deallocate() }

    /// The digest of everything about an entry but its time.
    func digest(of entry: TarEntry, _ content: EntryContent?) throws -> Digest {
        var hash = SHA256()
        hash.update(entry.path)
        hash.update(counted: "\(entry.kind) \(entry.mode) \(entry.user) \(entry.group)")
        for (name, value) in entry.attributes.sorted(by: { $0.name < $1.name }) {
            hash.update(counted: name)
            hash.update(counted: "\(value)")
        }
        switch content {
        case nil: break
        case .bytes(let bytes): hash.update(bytes)
        case .file(let file):
            while true {
                let count = try attempting("read \(quoted(entry.path))") { () throws(Errno) in
                    try file.descriptor.read(into: buffer)
                }
                if count == 0 { break }
                hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                // What is read in one go is over: a short read of a regular file is its end.
                if count < buffer.count { break }
            }
        }
        return hash.finish()
    }
}
