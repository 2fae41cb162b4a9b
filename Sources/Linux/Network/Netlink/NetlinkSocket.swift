// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// What the kernel refused: the number, which of the requests it was, and its own words if it had
/// some (netlink(7), NETLINK_EXT_ACK).
public struct NetlinkError: Error, Equatable, Sendable {
    public let errno: Errno
    /// Which of the messages that were sent together, from 0; nil when it was the whole.
    public let index: Int?
    /// The kernel's words, else empty.
    public let words: String

    public init(errno: Errno, index: Int? = nil, words: String = "") {
        self.errno = errno
        self.index = index
        self.words = words
    }
}

/// A connection to one of the kernel's netlink families, in the network namespace in which it was
/// opened, wherever the process goes later.
public struct NetlinkSocket: ~Copyable {
    /// A part of the kernel that speaks netlink.
    public enum Family: Sendable { case route, netfilter, socketDiagnosis }

    private let socket: OwnedFD
    private var sequence: UInt32 = 1
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    /// Opens a socket in the process's current network namespace.
    public init(_ family: Family) throws(Errno) {
        let protocolNumber =
            switch family {
            case .route: clinux_NETLINK_ROUTE
            case .netfilter: clinux_NETLINK_NETFILTER
            case .socketDiagnosis: clinux_NETLINK_SOCK_DIAG
            }
        socket = OwnedFD(adopting: try syscall { clinux_netlink_socket(CInt(protocolNumber)) })
    }

    /// The descriptor, to wait for what the kernel says by itself.
    public var raw: CInt { socket.raw }

    /// Sends requests together and waits until each that asks for an answer has one. The kernel
    /// works through all of them even when one fails; the first failure is thrown.
    public mutating func send(_ messages: [NetlinkMessage]) throws(NetlinkError) {
        guard !messages.isEmpty else { return }
        let first = sequence
        var batch: [UInt8] = []
        batch.reserveCapacity(messages.reduce(0) { $0 + $1.bytes.count })
        var expected = 0
        for message in messages {
            var numbered = message
            numbered.number(sequence)
            sequence &+= 1
            if numbered.isAcknowledged { expected += 1 }
            batch += numbered.bytes
        }
        try transmit(batch)
        var failure: NetlinkError?
        var answered = 0
        while answered < expected {
            try receive { type, number, payload in
                guard Int64(type) == clinux_NLMSG_ERROR else { return }
                answered += 1
                let index = Int(number &- first)
                guard let error = Self.error(payload, index: index) else { return }
                // A netfilter batch that is refused whole is answered once.
                if !messages.indices.contains(index) || !messages[index].isAcknowledged {
                    answered = expected
                }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// Sends one request, passes each object of the answer to `body`, and returns at its end.
    public mutating func ask(
        _ message: NetlinkMessage, _ body: (NetlinkAnswer) -> Void
    ) throws(NetlinkError) {
        let own = sequence
        var numbered = message
        numbered.number(own)
        sequence &+= 1
        try transmit(numbered.bytes)
        var finished = false
        var failure: NetlinkError?
        while !finished {
            try receive { type, number, payload in
                guard number == own else { return }
                if Int64(type) == clinux_NLMSG_DONE {
                    finished = true
                } else if Int64(type) == clinux_NLMSG_ERROR {
                    finished = true
                    failure = Self.error(payload, index: 0)
                } else {
                    body(NetlinkAnswer(type: type, payload: payload))
                }
            }
        }
        if let failure { throw failure }
    }

    // MARK: Bytes

    private func transmit(_ bytes: [UInt8]) throws(NetlinkError) {
        let raw = socket.raw
        do throws(Errno) {
            try syscall { clinux_netlink_send(raw, bytes, UInt(bytes.count)) }
        } catch { throw NetlinkError(errno: error) }
    }

    /// Receives one datagram and passes on its messages: type, sequence number, payload.
    private mutating func receive(
        _ body: (UInt16, UInt32, ArraySlice<UInt8>) -> Void
    ) throws(NetlinkError) {
        let raw = socket.raw
        var count = 0
        do throws(Errno) {
            let size = UInt(buffer.count)
            count = try syscall { clinux_netlink_receive(raw, &buffer, size) }
        } catch { throw NetlinkError(errno: error) }
        var rest = buffer[..<count]
        while rest.count >= 16 {
            let header = NetlinkAnswer(type: 0, payload: rest)
            let length = Int(header.fixed(0, as: UInt32.self))
            guard length >= 16, length <= rest.count else { return }
            body(
                header.fixed(4, as: UInt16.self), header.fixed(8, as: UInt32.self),
                rest.dropFirst(16).prefix(length - 16))
            rest = rest.dropFirst((length + 3) & ~3)
        }
    }

    /// The failure in an answer; nil for an acknowledgement.
    private static func error(_ payload: ArraySlice<UInt8>, index: Int) -> NetlinkError? {
        let answer = NetlinkAnswer(type: 0, payload: payload)
        let number = answer.fixed(0, as: Int32.self)
        guard number != 0 else { return nil }
        // The error is followed by the header of the request, then by attributes.
        let words = answer.attributes(after: 20)[clinux_NLMSGERR_ATTR_MSG]?.text ?? ""
        return NetlinkError(errno: Errno(rawValue: -number), index: index, words: words)
    }
}
