// SPDX-License-Identifier: Apache-2.0

internal import Linux

/// What the monitor and an attached client say to each other over a stream socket. Each frame is one
/// byte of kind, three bytes of length (little-endian), and that many bytes. Frames of an unknown
/// kind are passed over, so that a newer side can speak to an older one.
enum FrameKind: UInt8 {
    // From the monitor.
    /// First of all: one byte of protocol version, one byte of `Hello` flags.
    case hello = 1
    case stdout = 2
    case stderr = 3
    /// The client was too slow and the log no longer has what it missed; no content.
    case lost = 4
    /// Last of all: the exit code, four bytes.
    case exit = 5
    // From the client.
    case stdin = 16
    /// Nothing more will be typed; no content.
    case stdinEnd = 17
    /// Rows and columns, two bytes each.
    case resize = 18
    /// The client leaves on purpose, the container's input stays open; no content.
    case detach = 19

    var isStream: Bool {
        switch self {
        case .stdout, .stderr, .stdin: true
        default: false
        }
    }
}

enum Frame {
    static let headerSize = 4
    static let version: UInt8 = 1
    /// The longest content of a stream frame; what one read of the container's output gives.
    static let maximumLength = LogRecord.maximumPayload

    /// Writes a header where `bytes` begins.
    static func header(
        _ kind: FrameKind, length: Int, into bytes: UnsafeMutableRawBufferPointer
    ) {
        bytes[0] = kind.rawValue
        for index in 0..<3 { bytes[index + 1] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
    }

    /// A whole frame with a small number as its content.
    static func control<Number: FixedWidthInteger>(_ kind: FrameKind, _ content: Number) -> [UInt8]
    {
        let size = MemoryLayout<Number>.size
        var bytes = [UInt8](repeating: 0, count: headerSize)
        bytes.withUnsafeMutableBytes { header(kind, length: size, into: $0) }
        withUnsafeBytes(of: content.littleEndian) { bytes += $0 }
        return bytes
    }

    /// A whole frame without content.
    static func control(_ kind: FrameKind) -> [UInt8] { [kind.rawValue, 0, 0, 0] }

    /// A whole frame around a piece of a stream.
    static func stream(_ kind: FrameKind, _ content: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: headerSize)
        bytes.reserveCapacity(headerSize + content.count)
        bytes.withUnsafeMutableBytes { header(kind, length: content.count, into: $0) }
        bytes += content
        return bytes
    }
}

/// The other side does not speak the protocol.
struct FrameError: Error, Equatable {
    var kind: UInt8
    var length: Int
}

/// Takes a byte stream apart into frames, whatever pieces it arrives in, without keeping streams'
/// content.
struct FrameParser {
    enum Event {
        /// A piece of a stream frame's content; a frame may come in several.
        case bytes(FrameKind, UnsafeRawBufferPointer)
        /// A whole control frame; its content as a little-endian number.
        case control(FrameKind, UInt64)
    }

    private var header: UInt32 = 0
    private var headerCount = 0
    private var left = 0
    private var number: UInt64 = 0
    private var numberCount = 0

    /// Whether a frame has begun and is not complete.
    var isWithinFrame: Bool { headerCount > 0 }

    /// Takes the next event off the front of `rest`; nil when more bytes are needed.
    mutating func next(in rest: inout UnsafeRawBufferPointer) throws(FrameError) -> Event? {
        while true {
            while headerCount < Frame.headerSize {
                guard let byte = rest.first else { return nil }
                header |= UInt32(byte) << UInt32(8 * headerCount)
                headerCount += 1
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
                if headerCount == Frame.headerSize { try begin() }
            }
            let kind = FrameKind(rawValue: UInt8(truncatingIfNeeded: header))
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(left))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
            left -= piece.count
            if let event = event(kind, piece) { return event }
            if left > 0 { return nil }
        }
    }

    private mutating func begin() throws(FrameError) {
        left = Int(header >> 8)
        (number, numberCount) = (0, 0)
        if left > Frame.maximumLength {
            throw FrameError(kind: UInt8(truncatingIfNeeded: header), length: left)
        }
    }

    private mutating func event(_ kind: FrameKind?, _ piece: UnsafeRawBufferPointer) -> Event? {
        let isComplete = left == 0
        if isComplete { (header, headerCount) = (0, 0) }
        guard let kind else { return nil }
        if kind.isStream { return piece.isEmpty ? nil : .bytes(kind, piece) }
        for byte in piece.prefix(8 - numberCount) {
            number |= UInt64(byte) << UInt64(8 * numberCount)
            numberCount += 1
        }
        return isComplete ? .control(kind, number) : nil
    }
}
