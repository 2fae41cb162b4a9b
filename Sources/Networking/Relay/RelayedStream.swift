// SPDX-License-Identifier: Apache-2.0

internal import Linux

/// A client's connection and the one to the server that was made for it. What either sends goes to
/// the other; so does that it has nothing more to say.
final class RelayedStream {
    /// One way through. What could not be sent on is held, and its source is not read meanwhile.
    private struct Way {
        var held: [UInt8] = []
        var sourceHasEnded = false
        var isFinished = false

        var wantsToRead: Bool { held.isEmpty && !sourceHasEnded }
    }

    private let client: OwnedFD
    private let server: OwnedFD
    private var toServer = Way()
    private var toClient = Way()
    private var isConnected = false
    private var interests: (client: EventQueue.Interest?, server: EventQueue.Interest?) = (nil, nil)

    init(client: consuming OwnedFD, server: consuming OwnedFD) {
        self.client = client
        self.server = server
        for socket in sockets { TransportSocket.keepAlive(socket) }
    }

    /// Whoever is still there learns that the other is not, instead of taking a part for the whole.
    func breakOff() { for socket in sockets { TransportSocket.breakOnClose(socket) } }

    var sockets: [CInt] { [client.raw, server.raw] }

    /// Tells the queue what this connection waits for now.
    func wait(in queue: borrowing EventQueue) throws(Errno) {
        let client = interest(reading: toServer, writing: toClient)
        let server = isConnected ? interest(reading: toClient, writing: toServer) : .writing
        try queue.wait(for: client, on: self.client.raw, insteadOf: interests.client)
        interests.client = client
        try queue.wait(for: server, on: self.server.raw, insteadOf: interests.server)
        interests.server = server
    }

    func leave(_ queue: borrowing EventQueue) {
        try? queue.wait(for: nil, on: client.raw, insteadOf: interests.client)
        try? queue.wait(for: nil, on: server.raw, insteadOf: interests.server)
    }

    /// A socket that has ended in both directions would report that for ever: it is not asked.
    private func interest(reading: Way, writing: Way) -> EventQueue.Interest? {
        if reading.sourceHasEnded && writing.isFinished { return nil }
        var interest: EventQueue.Interest = []
        if isConnected, reading.wantsToRead { interest.insert(.reading) }
        if !writing.held.isEmpty { interest.insert(.writing) }
        return interest
    }

    /// What comes after a piece of work.
    enum Outcome { case goesOn, isDone, isBroken }

    func proceed(
        _ fd: CInt, _ events: EventQueue.Interest, _ buffer: UnsafeMutableRawBufferPointer
    ) -> Outcome {
        if !isConnected {
            // A client may leave before it is served.
            guard fd == server.raw else {
                return events.isDisjoint(with: .ended) ? .goesOn : .isBroken
            }
            guard TransportSocket.failure(of: server.raw) == nil else { return .isBroken }
            isConnected = true
        }
        do throws(Errno) {
            let sent = try pass(client.raw, to: server.raw, &toServer, buffer)
            let answered = try pass(server.raw, to: client.raw, &toClient, buffer)
            if toServer.isFinished && toClient.isFinished { return .isDone }
            // A broken socket that nobody reads would say so for ever.
            return sent || answered || events.isDisjoint(with: .ended) ? .goesOn : .isBroken
        } catch { return .isBroken }
    }

    /// Passes on what is there, a bounded part of it.
    /// - Returns: whether anything was.
    private func pass(
        _ source: CInt, to target: CInt, _ way: inout Way, _ buffer: UnsafeMutableRawBufferPointer
    ) throws(Errno) -> Bool {
        var hasMoved = false
        for _ in 0..<8 {
            if !way.held.isEmpty {
                var count = 0
                var failure: Errno?
                way.held.withUnsafeBytes { bytes in
                    do throws(Errno) { count = try sendAvailable(bytes, to: target) } catch {
                        failure = error
                    }
                }
                if let failure { throw failure }
                if count > 0 { hasMoved = true }
                way.held.removeFirst(count)
                if !way.held.isEmpty { return hasMoved }
            }
            if way.sourceHasEnded {
                if way.isFinished { return hasMoved }
                TransportSocket.finish(target)
                way.isFinished = true
                return true
            }
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<PortRelay.chunk])
            guard let count = try readAvailable(source, into: part) else { return hasMoved }
            hasMoved = true
            if count == 0 {
                way.sourceHasEnded = true
                continue
            }
            let bytes = UnsafeRawBufferPointer(rebasing: part[..<count])
            let sent = try sendAvailable(bytes, to: target)
            if sent < count { way.held = Array(bytes[sent...]) }
        }
        return hasMoved
    }
}
