// SPDX-License-Identifier: Apache-2.0

public import Archive
internal import CArchive

/// Writes tars, also such as no sane program would.
public struct TarBuilder {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    /// The letter of a header's type field.
    public enum Kind: Character, Sendable {
        case file = "0"
        case hardLink = "1"
        case symlink = "2"
        case characterDevice = "3"
        case blockDevice = "4"
        case directory = "5"
        case fifo = "6"
        case gnuLongLink = "K"
        case gnuLongName = "L"
        case pax = "x"
    }

    /// Adds an entry. `pax` records come before it; `size` may lie about the content.
    public mutating func add(
        _ path: String, _ kind: Kind = .file, _ content: String = "", link: String = "",
        mode: Int = 0o644, user: Int = 0, group: Int = 0, modified: Int = 1_000_000,
        device: (Int, Int) = (0, 0), pax: [(String, [UInt8])] = [], size: Int? = nil
    ) {
        add(
            Array(path.utf8), kind, Array(content.utf8), link: link, mode: mode, user: user,
            group: group, modified: modified, device: device, pax: pax, size: size)
    }

    /// As above, for names and contents that are no text.
    public mutating func add(
        _ path: [UInt8], _ kind: Kind, _ content: [UInt8], link: String = "", mode: Int = 0o644,
        user: Int = 0, group: Int = 0, modified: Int = 1_000_000, device: (Int, Int) = (0, 0),
        pax: [(String, [UInt8])] = [], size: Int? = nil
    ) {
        if !pax.isEmpty {
            add(Array("pax".utf8), .pax, pax.flatMap { Self.record($0.0, $0.1) })
        }
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ field: some Sequence<UInt8>, at offset: Int, _ width: Int) {
            for (index, byte) in field.prefix(width).enumerated() { header[offset + index] = byte }
        }
        func octal(_ number: Int, at offset: Int, _ width: Int) {
            let digits = String(number, radix: 8)
            put(String(repeating: "0", count: width - 1 - digits.count).utf8, at: offset, width)
            put(digits.utf8, at: offset + width - 1 - digits.count, digits.count)
        }
        put(path, at: 0, 100)
        octal(mode, at: 100, 8)
        octal(user, at: 108, 8)
        octal(group, at: 116, 8)
        octal(size ?? content.count, at: 124, 12)
        octal(modified, at: 136, 12)
        put(String(kind.rawValue).utf8, at: 156, 1)
        put(link.utf8, at: 157, 100)
        put("ustar\u{0}00".utf8, at: 257, 8)
        octal(device.0, at: 329, 8)
        octal(device.1, at: 337, 8)
        put(String(repeating: " ", count: 8).utf8, at: 148, 8)
        octal(header.reduce(0) { $0 + Int($1) }, at: 148, 7)
        bytes += header + content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// The whole with its two blocks of zeroes.
    public func finished() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    /// `<length> key=value\n`, where the length counts itself.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = Array(" \(key)=".utf8) + value + Array("\n".utf8)
        var length = rest.count + 1
        while String(length).utf8.count + rest.count != length { length += 1 }
        return Array(String(length).utf8) + rest
    }
}

/// What `bytes` are compressed.
public func compressed(_ bytes: [UInt8], _ compression: Compression) -> [UInt8] {
    guard compression != .none, let archive = archive_write_new() else { return bytes }
    defer { archive_write_free(archive) }
    archive_write_set_format_raw(archive)
    switch compression {
    case .none: break
    case .gzip: archive_write_add_filter_gzip(archive)
    case .zstd: archive_write_add_filter_zstd(archive)
    case .xz: archive_write_add_filter_xz(archive)
    case .bzip2: archive_write_add_filter_bzip2(archive)
    }
    archive_write_set_bytes_in_last_block(archive, 1)
    var output = [UInt8](repeating: 0, count: bytes.count * 2 + 65_536)
    var used = 0
    let entry = archive_entry_new()
    defer { archive_entry_free(entry) }
    archive_entry_set_filetype(entry, 0o100000)
    output.withUnsafeMutableBytes { output in
        archive_write_open_memory(archive, output.baseAddress, output.count, &used)
        archive_write_header(archive, entry)
        bytes.withUnsafeBytes { _ = archive_write_data(archive, $0.baseAddress, $0.count) }
        archive_write_close(archive)
    }
    return Array(output.prefix(used))
}
