// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux

/// One of the places that a relayed port leads to.
public struct RelayTarget: Hashable, Sendable {
    public var address: IPAddress
    public var port: UInt16
    /// How often it is chosen, in relation to the others.
    public var share: UInt8

    public init(_ address: IPAddress, _ port: UInt16, share: UInt8 = 100) {
        self.address = address
        self.port = port
        self.share = share
    }
}

/// Passes on what address translation cannot: connections and datagrams to ::1, and from one family
/// of addresses to the other. It serves many ports, never waits, and lives in somebody's loop, which
/// polls one descriptor.
///
/// **Limits.** 256 connections and 256 senders of datagrams at a time: further connections wait in the
/// kernel's queue, and of senders the quietest is forgotten. What one end does not take keeps the other
/// from being read: at most 32 KiB a direction are held.
public final class PortRelay {
    static let limit = 256
    static let chunk = 32 << 10
    /// A sender of datagrams that is quiet for so long is forgotten, in nanoseconds; Docker's time.
    static let patience: UInt64 = 90_000_000_000

    private struct Port {
        let transport: TransportNumber
        var targets: [RelayTarget]
        var interest: EventQueue.Interest?
    }

    let queue: EventQueue
    private var ports: [CInt: Port] = [:]
    /// Each connection twice: by its client's and by its server's descriptor.
    private var streams: [CInt: RelayedStream] = [:]
    private var flows: [CInt: RelayedFlow] = [:]
    private var flowsByOrigin: [RelayedFlow.Key: RelayedFlow] = [:]
    /// Until when no connections are taken, because no descriptor was free; nanoseconds of
    /// `Clock.monotonic`.
    private var restsUntil: UInt64?
    /// There while anything is passed on.
    private var buffer: [UInt8] = []

    public init() throws(Errno) { queue = try EventQueue() }

    /// The descriptor to poll for POLLIN; then `proceed`.
    public var descriptor: CInt { queue.raw }

    /// Connections and senders that are served now.
    public var count: Int { streams.count / 2 + flows.count }

    /// Serves what comes to a socket that listens (TCP) or is bound (UDP), or changes where it leads.
    /// The socket stays the caller's, who calls `remove` before it closes it.
    public func serve(
        _ socket: CInt, _ transport: TransportNumber, leadingTo targets: [RelayTarget]
    ) throws(Errno) {
        if ports[socket] != nil {
            ports[socket]?.targets = targets
            return
        }
        ports[socket] = Port(transport: transport, targets: targets)
        try listen(on: socket, !isFull)
    }

    /// Takes no more from a socket. Connections that stand go on; of datagrams nothing does.
    public func remove(_ socket: CInt) {
        guard let port = ports.removeValue(forKey: socket) else { return }
        try? queue.wait(for: nil, on: socket, insteadOf: port.interest)
        for flow in flows.values where flow.key.port == socket { forget(flow) }
    }

    /// Does what can be done now: a bounded piece of work.
    public func proceed() {
        if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: 1 << 16) }
        for (fd, events) in queue.take() {
            if let stream = streams[fd] {
                proceed(stream, fd, events)
            } else if let flow = flows[fd] {
                answer(flow)
            } else if let port = ports[fd] {
                port.transport == .udp ? receive(on: fd, port) : accept(on: fd, port)
            }
        }
        if streams.isEmpty, flows.isEmpty { buffer = [] }
    }

    // MARK: Time

    /// When to call `expire`, nanoseconds of `Clock.monotonic`; nil for never.
    public var due: UInt64? {
        let quiet = flows.values.map { $0.used + Self.patience }.min()
        return [quiet, restsUntil].compactMap { $0 }.min()
    }

    /// Forgets the senders of datagrams that have been quiet, and takes connections again.
    public func expire() {
        let now = Clock.monotonic
        if let end = restsUntil, end <= now {
            restsUntil = nil
            listenEverywhere()
        }
        for flow in flows.values where flow.used + Self.patience <= now { forget(flow) }
    }

    // MARK: Connections

    private var isFull: Bool { streams.count >= 2 * Self.limit || restsUntil != nil }

    private func listenEverywhere() {
        for socket in ports.keys { try? listen(on: socket, !isFull) }
    }

    private func listen(on socket: CInt, _ listens: Bool) throws(Errno) {
        guard let port = ports[socket] else { return }
        let wanted: EventQueue.Interest? =
            port.transport == .udp || listens ? .reading : nil
        try queue.wait(for: wanted, on: socket, insteadOf: port.interest)
        ports[socket]?.interest = wanted
    }

    private func accept(on listener: CInt, _ port: Port) {
        var left = 16
        while left > 0, !isFull, let client = next(on: listener) {
            left -= 1
            guard let target = choose(port.targets),
                let server = try? TransportSocket.connect(
                    transport: TransportNumber.tcp.rawValue, to: target.address, port: target.port)
            else {
                TransportSocket.breakOnClose(client.raw)
                continue
            }
            let stream = RelayedStream(client: client, server: server)
            for socket in stream.sockets { streams[socket] = stream }
            if (try? stream.wait(in: queue)) == nil { end(stream, .isBroken) }
        }
        if isFull { listenEverywhere() }
    }

    /// The next connection. One that waits and cannot be taken would be reported for ever.
    private func next(on listener: CInt) -> OwnedFD? {
        do throws(Errno) { return try TransportSocket.accept(on: listener) } catch {
            restsUntil = Clock.monotonic + 1_000_000_000
            return nil
        }
    }

    private func proceed(_ stream: RelayedStream, _ fd: CInt, _ events: EventQueue.Interest) {
        let outcome = buffer.withUnsafeMutableBytes { stream.proceed(fd, events, $0) }
        guard case .goesOn = outcome else { return end(stream, outcome) }
        if (try? stream.wait(in: queue)) == nil { end(stream, .isBroken) }
    }

    private func end(_ stream: RelayedStream, _ outcome: RelayedStream.Outcome) {
        let wasFull = isFull
        if case .isBroken = outcome { stream.breakOff() }
        for socket in stream.sockets { streams[socket] = nil }
        stream.leave(queue)
        if wasFull { listenEverywhere() }
    }

    private func choose(_ targets: [RelayTarget]) -> RelayTarget? {
        let sum = targets.reduce(0) { $0 + Int($1.share) }
        guard sum > 0 else { return nil }
        var number = Int.random(in: 0..<sum)
        return targets.first {
            number -= Int($0.share)
            return number < 0
        }
    }

    // MARK: Datagrams

    private func receive(on socket: CInt, _ port: Port) {
        buffer.withUnsafeMutableBytes { buffer in
            for _ in 0..<64 {
                guard let (count, origin) = receiveDatagram(on: socket, into: buffer) else {
                    return
                }
                let flow = flow(.init(port: socket, origin: origin), port.targets)
                flow?.send(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    private func flow(_ key: RelayedFlow.Key, _ targets: [RelayTarget]) -> RelayedFlow? {
        if let known = flowsByOrigin[key] { return known }
        if flows.count >= Self.limit, let quietest = flows.values.min(by: { $0.used < $1.used }) {
            forget(quietest)
        }
        guard let target = choose(targets),
            let server = try? TransportSocket.connect(
                transport: TransportNumber.udp.rawValue, to: target.address, port: target.port)
        else { return nil }
        let flow = RelayedFlow(key, server: server)
        do { try queue.wait(for: .reading, on: flow.socket, insteadOf: nil) } catch { return nil }
        flows[flow.socket] = flow
        flowsByOrigin[key] = flow
        return flow
    }

    private func answer(_ flow: RelayedFlow) {
        buffer.withUnsafeMutableBytes { flow.answer(through: $0) }
    }

    private func forget(_ flow: RelayedFlow) {
        try? queue.wait(for: nil, on: flow.socket, insteadOf: .reading)
        flows[flow.socket] = nil
        flowsByOrigin[flow.key] = nil
    }
}
