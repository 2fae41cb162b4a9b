// SPDX-License-Identifier: Apache-2.0

/// An entry's header as it stands in a tar: ustar's 512 bytes, and before them a block of PAX records
/// for what ustar has no room for. Names stand there as bytes, whatever text they are.
///
/// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13
struct TarHeader {
    private(set) var bytes: [UInt8] = []

    static let blockSize = 512
    /// The two blocks of zeroes at the end of a tar.
    static let end = [UInt8](repeating: 0, count: 2 * blockSize)

    init(_ entry: TarEntry) {
        var block = Block()
        var records: [(key: String, value: [UInt8])] = []
        let path = entry.path + (entry.kind == .directory ? [UInt8(ascii: "/")] : [])
        if !block.put(path: path) { records.append(("path", path)) }
        if !block.put(link: entry.linkTarget) { records.append(("linkpath", entry.linkTarget)) }
        block.put(Int64(entry.mode), at: 100, digits: 7)
        for (key, number, offset, digits) in [
            ("uid", Int64(entry.user), 108, 7), ("gid", Int64(entry.group), 116, 7),
            ("size", entry.size, 124, 11), ("mtime", entry.modified.seconds, 136, 11),
        ] where !block.put(number, at: offset, digits: digits) {
            records.append((key, Array("\(number)".utf8)))
        }
        if let (major, minor) = entry.device {
            block.put(Int64(major), at: 329, digits: 7)
            block.put(Int64(minor), at: 337, digits: 7)
        }
        for attribute in entry.attributes {
            records.append(("SCHILY.xattr." + attribute.name, attribute.value))
        }
        if !records.isEmpty { appendRecords(records, for: entry) }
        bytes += block.finished(type: entry.typeFlag)
    }

    /// What fills `count` bytes of content up to whole blocks.
    static func padding(after count: Int64) -> Int {
        let rest = Int(count % Int64(blockSize))
        return rest == 0 ? 0 : blockSize - rest
    }

    private mutating func appendRecords(
        _ records: [(key: String, value: [UInt8])], for entry: TarEntry
    ) {
        let content = records.sorted { $0.key < $1.key }.flatMap { Self.record($0.key, $0.value) }
        var block = Block()
        let name = entry.path.split(separator: UInt8(ascii: "/")).last ?? []
        _ = block.put(path: Array("PaxHeaders.0/".utf8) + name.prefix(80))
        block.put(0o644, at: 100, digits: 7)
        for (offset, digits) in [(108, 7), (116, 7), (136, 11)] {
            block.put(0, at: offset, digits: digits)
        }
        block.put(Int64(content.count), at: 124, digits: 11)
        bytes += block.finished(type: UInt8(ascii: "x")) + content
        bytes += [UInt8](repeating: 0, count: Self.padding(after: Int64(content.count)))
    }

    /// `LENGTH KEY=VALUE\n`, where LENGTH counts its own digits too.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = Array(" \(key)=".utf8) + value + [UInt8(ascii: "\n")]
        var length = rest.count + 1
        while "\(length)".utf8.count + rest.count != length { length += 1 }
        return Array("\(length)".utf8) + rest
    }
}

/// The 512 bytes of ustar.
private struct Block {
    private var bytes = [UInt8](repeating: 0, count: TarHeader.blockSize)

    /// - Returns: false when neither the name's field nor, parted at a slash, the prefix's before it
    ///   has room; then as much is there as goes in.
    mutating func put(path: [UInt8]) -> Bool {
        if put(path, at: 0, room: 100) { return true }
        let slashes = path.indices.dropLast().filter { path[$0] == UInt8(ascii: "/") }
        guard let cut = slashes.last(where: { $0 <= 155 && $0 > 0 }), path.count - cut - 1 <= 100
        else { return false }
        for offset in 0..<100 { bytes[offset] = 0 }
        return put(Array(path[(cut + 1)...]), at: 0, room: 100)
            && put(Array(path[..<cut]), at: 345, room: 155)
    }

    mutating func put(link: [UInt8]) -> Bool { put(link, at: 157, room: 100) }

    private mutating func put(_ text: [UInt8], at offset: Int, room: Int) -> Bool {
        for (index, byte) in text.prefix(room).enumerated() { bytes[offset + index] = byte }
        return text.count <= room
    }

    /// Octal digits and a NUL; zero where the number does not fit.
    /// - Returns: whether it fits.
    @discardableResult
    mutating func put(_ number: Int64, at offset: Int, digits: Int) -> Bool {
        let fits = number >= 0 && number >> (3 * Int64(digits)) == 0
        var rest = fits ? number : 0
        for place in (0..<digits).reversed() {
            bytes[offset + place] = UInt8(ascii: "0") + UInt8(rest & 7)
            rest >>= 3
        }
        return fits
    }

    /// With type, magic and checksum.
    func finished(type: UInt8) -> [UInt8] {
        var block = self
        block.bytes[156] = type
        _ = block.put(Array("ustar\u{0}00".utf8), at: 257, room: 8)
        _ = block.put(Array("        ".utf8), at: 148, room: 8)
        let sum = block.bytes.reduce(0) { $0 + Int64($1) }
        block.put(sum, at: 148, digits: 6)
        block.bytes[154] = 0
        block.bytes[155] = UInt8(ascii: " ")
        return block.bytes
    }
}

extension TarEntry {
    fileprivate var linkTarget: [UInt8] {
        switch kind {
        case .symlink(let target), .hardLink(let target): target
        default: []
        }
    }

    fileprivate var device: (major: UInt32, minor: UInt32)? {
        switch kind {
        case .characterDevice(let major, let minor), .blockDevice(let major, let minor):
            (major, minor)
        default: nil
        }
    }

    fileprivate var typeFlag: UInt8 {
        switch kind {
        case .file: UInt8(ascii: "0")
        case .hardLink: UInt8(ascii: "1")
        case .symlink: UInt8(ascii: "2")
        case .characterDevice: UInt8(ascii: "3")
        case .blockDevice: UInt8(ascii: "4")
        case .directory: UInt8(ascii: "5")
        case .fifo: UInt8(ascii: "6")
        }
    }
}
