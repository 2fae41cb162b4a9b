// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux

/// A connection to a bus, or straight to a peer. Calls wait for their answer, until a deadline; a
/// signal that arrives meanwhile is kept when it was asked for.
public struct Connection: ~Copyable {
    private let socket: OwnedFD
    private var serial: UInt32 = 0
    private var received: [UInt8] = []
    private var signals: [Message] = []
    /// The signal to keep: "JobRemoved".
    private let wanted: String
    /// CLOCK_MONOTONIC in milliseconds.
    private let deadline: Int64

    /// What a peer can make us keep.
    private static let mostSignals = 1024

    private init(_ socket: consuming OwnedFD, keeping signal: String, until deadline: Int64) {
        wanted = signal
        self.deadline = deadline
        self.socket = socket
    }

    /// Introduces us on a connected stream socket by the number of our user (SASL's EXTERNAL).
    /// - Parameters:
    ///   - isBus: whether the peer is a bus, which gives out names, or the service itself.
    ///   - signal: the member of the signals to keep for `signal(where:)`.
    ///   - milliseconds: how long everything on this connection may take.
    public static func open(
        _ socket: consuming OwnedFD, isBus: Bool, keeping signal: String = "",
        milliseconds: Int64 = 30_000
    ) throws(DBusError) -> Connection {
        var connection = Connection(socket, keeping: signal, until: now() + milliseconds)
        try connection.introduce()
        if isBus {
            let bus = "org.freedesktop.DBus"
            _ = try connection.call("Hello", on: bus, path: "/org/freedesktop/DBus", of: bus)
        }
        return connection
    }

    /// All in one piece: systemd reads what comes together with BEGIN and looks at it only when more
    /// arrives, so the first call must come after its answer.
    private func introduce() throws(DBusError) {
        let user = "\(geteuid())".utf8.map { String($0, radix: 16) }.joined()
        let greeting = Array("\0AUTH EXTERNAL \(user)\r\nBEGIN\r\n".utf8)
        try Self.send(greeting, to: socket.raw, until: deadline)
        let answer = try Self.line(from: socket.raw, until: deadline)
        guard answer.hasPrefix("OK ") else { throw .refused(answer) }
    }

    /// Calls a method and waits for its answer.
    /// - Returns: the values that it answers with.
    public mutating func call(
        _ member: String, on interface: String, path: String, of destination: String?,
        _ arguments: [Value] = []
    ) throws(DBusError) -> [Value] {
        serial += 1
        var call = Message(.call, serial: serial)
        (call.member, call.interface, call.path) = (member, interface, path)
        call.destination = destination
        call.body = arguments
        try Self.send(call.bytes, to: socket.raw, until: deadline)
        while true {
            let message = try next()
            switch message.kind {
            case .reply where message.replySerial == serial: return message.body
            case .error where message.replySerial == serial:
                throw .remote(
                    name: message.errorName ?? "", text: message.body.first?.text ?? "")
            default: keep(message)
            }
        }
    }

    /// Waits for a signal of the kind that is kept.
    public mutating func signal(
        where isRight: (Message) -> Bool
    ) throws(DBusError) -> Message {
        while true {
            if let place = signals.firstIndex(where: isRight) { return signals.remove(at: place) }
            keep(try next())
        }
    }

    private mutating func keep(_ message: Message) {
        guard message.kind == .signal, message.member == wanted else { return }
        if signals.count == Self.mostSignals { signals.removeFirst() }
        signals.append(message)
    }

    // MARK: Bytes

    private mutating func next() throws(DBusError) -> Message {
        try fill(Message.prefixLength)
        let length = try Message.length(of: Array(received.prefix(Message.prefixLength)))
        try fill(length)
        let message = try Message(parsing: Array(received.prefix(length)))
        received.removeFirst(length)
        return message
    }

    private mutating func fill(_ count: Int) throws(DBusError) {
        while received.count < count {
            received += try Self.receive(from: socket.raw, at: 1 << 16, until: deadline)
        }
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    private static func wait(
        for events: Int32, on socket: CInt, until deadline: Int64
    ) throws(DBusError) {
        while true {
            let left = deadline - now()
            guard left > 0 else { throw .timedOut }
            var set = PollSet()
            set.add(socket, events)
            do throws(Errno) {
                if try set.wait(milliseconds: Int32(clamping: left)) > 0 { return }
            } catch { throw .kernel(KernelError(action: "wait for D-Bus", errno: error)) }
        }
    }

    private static func send(
        _ bytes: [UInt8], to socket: CInt, until deadline: Int64
    ) throws(DBusError) {
        var sent = 0
        while sent < bytes.count {
            var failure: Errno?
            bytes.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                do throws(Errno) { sent += try sendAvailable(rest, to: socket) } catch {
                    failure = error
                }
            }
            if failure == .brokenPipe || failure == .connectionReset { throw .closed }
            if let failure { throw .kernel(KernelError(action: "write to D-Bus", errno: failure)) }
            if sent < bytes.count { try wait(for: Int32(POLLOUT), on: socket, until: deadline) }
        }
    }

    private static func receive(
        from socket: CInt, at most: Int, until deadline: Int64
    ) throws(DBusError) -> [UInt8] {
        try wait(for: Int32(POLLIN), on: socket, until: deadline)
        var failure: Errno?
        let bytes = [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            let room = UnsafeMutableRawBufferPointer(buffer)
            do throws(Errno) { count = try readAvailable(socket, into: room) ?? 0 } catch {
                failure = error
            }
        }
        if failure == .connectionReset { throw .closed }
        if let failure { throw .kernel(KernelError(action: "read from D-Bus", errno: failure)) }
        if bytes.isEmpty { throw .closed }
        return bytes
    }

    /// A line of the introduction, byte by byte so that nothing of what follows is taken.
    private static func line(
        from socket: CInt, until deadline: Int64
    ) throws(DBusError) -> String {
        var line: [UInt8] = []
        while line.count < 512 {
            line += try receive(from: socket, at: 1, until: deadline)
            if line.suffix(2) == [13, 10] {
                return String(decoding: line.dropLast(2), as: UTF8.self)
            }
        }
        throw .malformed("the introduction has no end")
    }
}
