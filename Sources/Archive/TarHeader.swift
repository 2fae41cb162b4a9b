// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// One block of ustar, and what it cannot hold as PAX records.
struct TarHeader {
    private(set) var block = [UInt8](repeating: 0, count: 512)
    /// `<length> <key>=<value>\n`, one after the other; empty when the block says everything.
    private(set) var records: [UInt8] = []

    /// The header of the entry that carries `count` bytes of records for the next one.
    init(recordsOf count: Int) {
        put(Array("PaxHeader".utf8), at: 0, 100)
        number(0o644, at: 100, 8, "mode")
        number(0, at: 108, 8, "uid")
        number(0, at: 116, 8, "gid")
        number(Int64(count), at: 124, 12, "size")
        number(0, at: 136, 12, "mtime")
        complete(type: "x")
    }

    init(_ entry: TarEntry) {
        put(entry.path, at: 0, 100, "path")
        number(Int64(entry.mode), at: 100, 8, "mode")
        number(Int64(entry.user), at: 108, 8, "uid")
        number(Int64(entry.group), at: 116, 8, "gid")
        number(entry.kind == .file ? entry.size : 0, at: 124, 12, "size")
        time(entry.modified)
        for (name, value) in entry.attributes {
            record("SCHILY.xattr.\(name)", value)
        }
        switch entry.kind {
        case .file: complete(type: "0")
        case .directory: complete(type: "5")
        case .fifo: complete(type: "6")
        case .hardLink(let target):
            put(target, at: 157, 100, "linkpath")
            complete(type: "1")
        case .symlink(let target):
            put(target, at: 157, 100, "linkpath")
            complete(type: "2")
        case .characterDevice(let major, let minor): complete(type: "3", major, minor)
        case .blockDevice(let major, let minor): complete(type: "4", major, minor)
        }
    }

    /// A text in its field; what does not fit, or is no ASCII, goes into a record too.
    private mutating func put(_ bytes: [UInt8], at place: Int, _ width: Int, _ key: String = "") {
        let fitting = bytes.prefix(width)
        block.replaceSubrange(place..<place + fitting.count, with: fitting)
        guard !key.isEmpty, bytes.count > width || bytes.contains(where: { $0 >= 0x80 }) else {
            return
        }
        record(key, bytes)
    }

    /// Octal digits and a NUL; what does not fit goes into a record.
    private mutating func number(_ value: Int64, at place: Int, _ width: Int, _ key: String) {
        let digits = String(max(0, value), radix: 8)
        let fits = value >= 0 && digits.utf8.count < width
        let shown = fits ? digits : "0"
        let text = String(repeating: "0", count: width - 1 - shown.utf8.count) + shown
        block.replaceSubrange(place..<place + width - 1, with: Array(text.utf8))
        if !fits { record(key, Array("\(value)".utf8)) }
    }

    /// Whole seconds in the block; fractions and times before 1970 in a record.
    private mutating func time(_ time: (seconds: Int64, nanoseconds: Int)) {
        let whole = time.nanoseconds == 0
        number(whole ? time.seconds : max(0, time.seconds), at: 136, 12, "mtime")
        guard !whole else { return }
        // Nanoseconds count forwards, also before 1970.
        let isNegative = time.seconds < 0
        let seconds = isNegative ? time.seconds + 1 : time.seconds
        let nanoseconds = isNegative ? 1_000_000_000 - time.nanoseconds : time.nanoseconds
        let digits = String(String(1_000_000_000 + nanoseconds).dropFirst())
        let sign = isNegative && seconds == 0 ? "-" : ""
        record("mtime", Array("\(sign)\(seconds).\(digits)".utf8))
    }

    /// The record's length counts its own digits.
    private mutating func record(_ key: String, _ value: [UInt8]) {
        let rest = key.utf8.count + value.count + 3
        var length = rest + String(rest).utf8.count
        if String(length).utf8.count != String(rest).utf8.count { length += 1 }
        records += Array("\(length) \(key)=".utf8) + value + [UInt8(ascii: "\n")]
    }

    private mutating func complete(type: Unicode.Scalar, _ major: UInt32 = 0, _ minor: UInt32 = 0) {
        block[156] = UInt8(ascii: type)
        put(Array("ustar\u{0}00".utf8), at: 257, 8)
        number(Int64(major), at: 329, 8, "SCHILY.devmajor")
        number(Int64(minor), at: 337, 8, "SCHILY.devminor")
        // The checksum counts itself as blanks.
        block.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let sum = block.reduce(0) { $0 + Int($1) }
        let digits = String(sum, radix: 8)
        let text = String(repeating: "0", count: 6 - digits.utf8.count) + digits + "\u{0} "
        block.replaceSubrange(148..<156, with: Array(text.utf8))
    }
}
