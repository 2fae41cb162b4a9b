// SPDX-License-Identifier: Apache-2.0

/// Which of the container's outputs a chunk came from; a terminal has only the first.
public enum LogStream: UInt8, Sendable {
    case stdout = 1
    case stderr = 2
    /// Not output: a sentence of the monitor's own about what the log lacks.
    case note = 3
}

/// One record of a log segment: what one read(2) of the container's output gave.
///
///      0  magic     u32     the ends make a torn record recognisable:
///      4  length    u32     a record counts only when magic, length and
///      8  time      u64     check agree on both sides of the payload
///     16  stream    u8
///     17  flags     u8, 0
///     18  reserved  u16, 0
///     20  check     u32     a hash of the fields above
///     24  payload   `length` bytes, raw
///     ··  length    u32     again, so that a reader can walk backwards
///     ··  check     u32     again
///
/// Numbers are little-endian.
struct LogRecord {
    static let headerSize = 24
    static let trailerSize = 8
    static let overhead = headerSize + trailerSize
    /// What one read may give; the largest payload of a record.
    static let maximumPayload = 64 * 1024
    static let maximumSize = maximumPayload + overhead
    private static let magic: UInt32 = 0x4C4B_5753  // "SWKL"

    var length: Int
    /// Nanoseconds since the epoch, when the chunk was read.
    var time: UInt64
    var stream: LogStream

    /// Header, payload and trailer.
    var size: Int { length + LogRecord.overhead }

    private var check: UInt32 {
        var hash = time ^ UInt64(length) << 32 ^ UInt64(stream.rawValue)
        hash &*= 0x9E37_79B9_7F4A_7C15
        return UInt32(truncatingIfNeeded: hash >> 32)
    }

    init(length: Int, time: UInt64, stream: LogStream) {
        self.length = length
        self.time = time
        self.stream = stream
    }

    /// Reads the record that begins where `bytes` begins; nil when it is not whole there.
    init?(startOf bytes: UnsafeRawBufferPointer) {
        guard let header = LogRecord(header: bytes), bytes.count >= header.size,
            header.trailer(matches: bytes, endingAt: header.size)
        else { return nil }
        self = header
    }

    /// Reads the record that ends where `bytes` ends; nil when it does not end there, or begins
    /// before `bytes`.
    init?(endOf bytes: UnsafeRawBufferPointer) {
        guard let size = LogRecord.size(endOf: bytes), size <= bytes.count else { return nil }
        self.init(startOf: UnsafeRawBufferPointer(rebasing: bytes[(bytes.count - size)...]))
        guard self.size == size else { return nil }
    }

    /// What the trailer at the end of `bytes` claims to be the record's size.
    static func size(endOf bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= trailerSize else { return nil }
        let length = Int(
            UInt32(
                littleEndian: bytes.loadUnaligned(
                    fromByteOffset: bytes.count - trailerSize, as: UInt32.self)))
        return length <= maximumPayload ? length + overhead : nil
    }

    private init?(header bytes: UnsafeRawBufferPointer) {
        func field(_ offset: Int) -> UInt32 {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        guard bytes.count >= LogRecord.headerSize, field(0) == LogRecord.magic,
            field(4) <= UInt32(LogRecord.maximumPayload),
            let stream = LogStream(rawValue: bytes[16])
        else { return nil }
        self.init(
            length: Int(field(4)), time: UInt64(field(8)) | UInt64(field(12)) << 32, stream: stream)
        guard field(20) == check else { return nil }
    }

    private func trailer(matches bytes: UnsafeRawBufferPointer, endingAt end: Int) -> Bool {
        func field(_ offset: Int) -> UInt32 {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        return field(end - 8) == UInt32(length) && field(end - 4) == check
    }

    /// Writes header and trailer around the payload that already stands at `headerSize`.
    func frame(_ bytes: UnsafeMutableRawBufferPointer) {
        func put(_ value: UInt32, _ offset: Int) {
            bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
        }
        put(LogRecord.magic, 0)
        put(UInt32(length), 4)
        bytes.storeBytes(of: time.littleEndian, toByteOffset: 8, as: UInt64.self)
        put(UInt32(stream.rawValue), 16)
        put(check, 20)
        put(UInt32(length), size - 8)
        put(check, size - 4)
    }
}

/// A place in a container's log: a segment's number and a byte in that file.
public struct LogPosition: Comparable, Sendable {
    public var segment: UInt64
    public var offset: Int

    public init(segment: UInt64, offset: Int) {
        self.segment = segment
        self.offset = offset
    }

    public static func < (one: LogPosition, other: LogPosition) -> Bool {
        (one.segment, one.offset) < (other.segment, other.offset)
    }
}
