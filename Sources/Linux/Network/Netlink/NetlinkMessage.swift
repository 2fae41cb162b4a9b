// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// One request to the kernel over a netlink(7) socket: a header, a family's own fixed part, and
/// attributes, each a length, a type and a value padded to four bytes. Lengths are filled in when a
/// part ends, never summed by hand.
public struct NetlinkMessage: Equatable, Sendable {
    /// The bytes so far. The sequence number is the socket's to fill in.
    public private(set) var bytes: [UInt8]

    /// What the kernel is to do about things that exist or do not (netlink(7), `nlmsg_flags`).
    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }
        private init(_ kernel: Int64) { rawValue = UInt16(kernel) }

        public static let create = Flags(clinux_NLM_F_CREATE)
        public static let exclusive = Flags(clinux_NLM_F_EXCL)
        public static let replace = Flags(clinux_NLM_F_REPLACE)
        public static let append = Flags(clinux_NLM_F_APPEND)
        /// The answer is every object there is.
        public static let dump = Flags(clinux_NLM_F_DUMP)
        /// An answer is wanted, also of success.
        public static let acknowledge = Flags(clinux_NLM_F_ACK)
    }

    /// - Parameters:
    ///   - type: the family's message type.
    ///   - fixed: the fixed structure that follows the header, in the host's byte order.
    public init(_ type: UInt16, _ flags: Flags = [], fixed: [UInt8] = []) {
        bytes = []
        bytes.reserveCapacity(128)
        append(UInt32(0))
        append(type)
        append(flags.rawValue | UInt16(clinux_NLM_F_REQUEST))
        append(UInt32(0))
        append(UInt32(0))
        bytes += fixed
        pad()
        noteLength()
    }

    /// The message's type.
    public var type: UInt16 { UInt16(bytes[4]) | UInt16(bytes[5]) << 8 }

    /// Whether the kernel will answer it.
    var isAcknowledged: Bool {
        let flags = UInt16(bytes[6]) | UInt16(bytes[7]) << 8
        return flags & UInt16(clinux_NLM_F_ACK) != 0
    }

    mutating func number(_ sequence: UInt32) { overwrite(sequence, at: 8) }

    // MARK: Attributes

    /// Adds an attribute with these bytes as its value.
    public mutating func put(_ type: Int64, _ value: some Collection<UInt8>) {
        let start = begin(type)
        bytes += value
        end(start)
    }

    /// Adds a number in the host's byte order.
    public mutating func put(_ type: Int64, _ value: some FixedWidthInteger) {
        let start = begin(type)
        append(value)
        end(start)
    }

    /// Adds a number in the network's byte order, as nf_tables has all of them.
    public mutating func putBig(_ type: Int64, _ value: some FixedWidthInteger) {
        let start = begin(type)
        append(value.bigEndian)
        end(start)
    }

    /// Adds a text with its NUL.
    public mutating func put(_ type: Int64, _ text: String) {
        let start = begin(type)
        bytes += text.utf8
        bytes.append(0)
        end(start)
    }

    /// Adds an attribute that consists of attributes.
    public mutating func nest(_ type: Int64, _ body: (inout NetlinkMessage) -> Void) {
        let start = begin(type | clinux_NLA_F_NESTED)
        body(&self)
        end(start)
    }

    /// Adds an attribute that begins with a fixed structure, as a veth's peer does.
    public mutating func nest(
        _ type: Int64, fixed: [UInt8], _ body: (inout NetlinkMessage) -> Void
    ) {
        nest(type) {
            $0.bytes += fixed
            body(&$0)
        }
    }

    private mutating func begin(_ type: Int64) -> Int {
        let start = bytes.count
        append(UInt16(0))
        append(UInt16(truncatingIfNeeded: type))
        return start
    }

    private mutating func end(_ start: Int) {
        overwrite(UInt16(truncatingIfNeeded: bytes.count - start), at: start)
        pad()
        noteLength()
    }

    private mutating func pad() {
        while bytes.count & 3 != 0 { bytes.append(0) }
    }

    private mutating func noteLength() { overwrite(UInt32(bytes.count), at: 0) }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value) { bytes += $0 }
    }

    private mutating func overwrite(_ value: some FixedWidthInteger, at offset: Int) {
        withUnsafeBytes(of: value) { source in
            for (index, byte) in source.enumerated() { bytes[offset + index] = byte }
        }
    }
}
