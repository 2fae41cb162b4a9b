// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import Networking

/// Answers a container's questions for names: of its neighbours from the state database, of the rest
/// of the world by asking the host's servers. The monitor's loop calls it when there is something to
/// do; it never waits.
///
/// **Bounds.** 64 questions and 8 connections at a time; each question to the world ends within 5
/// seconds. Whatever arrives comes from the container and is trusted in nothing.
final class NamesServer {
    private let sockets: NamesSockets
    private let ready: ReadySet
    private var directory: NamesDirectory
    var world: NamesForwarding
    private var streams: [UInt64: NamesStream] = [:]
    private var lastToken: UInt64 = 1
    private var buffer: [UInt8] = []
    /// When to give memory back; nil when there is none.
    private var restTime: UInt64?

    private static let streamLimit = 8
    private static let datagramToken: UInt64 = 0
    private static let listenerToken: UInt64 = 1

    /// Opens the sockets in the network namespace of a process that waits for its start, and leads
    /// its questions there.
    init(for container: Container, process: pid_t, by engine: Engine) throws(KernelError) {
        let place = try NamesPlace(process: process)
        sockets = try place.open()
        ready = try attempting("wait for questions for names") { () throws(Errno) in
            try ReadySet()
        }
        directory = NamesDirectory(of: container.id, in: engine)
        world = NamesForwarding(container.record.hostConfiguration, place: place)
        try attempting("wait for questions for names") { () throws(Errno) in
            try ready.wait(for: sockets.datagrams.raw, .reading, token: Self.datagramToken)
            try ready.wait(for: sockets.listener.raw, .reading, token: Self.listenerToken)
        }
    }

    /// What the monitor must not close.
    var descriptors: [CInt] {
        [sockets.datagrams.raw, sockets.listener.raw, ready.raw] + world.descriptors
    }

    /// For the monitor's loop. It keeps this object no longer than the container's run.
    var watch: MonitorWatch {
        MonitorWatch({ [weak self] in self?.ready.raw }, events: POLLIN) { [weak self] _ in
            guard let self else { return false }
            serve()
            return true
        }
    }

    var timer: MonitorTimer {
        MonitorTimer(due: { [weak self] in self?.due }, fire: { [weak self] in self?.passTime() })
    }

    private var due: UInt64? {
        [world.due, streams.values.map(\.deadline).min(), restTime].compactMap { $0 }.min()
    }

    private func serve() {
        if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: 65_535) }
        for token in (try? ready.ready()) ?? [] {
            switch token {
            case Self.datagramToken: takeDatagrams()
            case Self.listenerToken: takeConnection()
            case let token where streams[token] != nil: serveStream(token)
            case let token:
                if let end = world.proceed(token, &buffer, ready) { deliver(end) }
            }
        }
        restTime = Clock.monotonic + 300_000_000
    }

    private func passTime() {
        let now = Clock.monotonic
        for end in world.expire(now, ready) { deliver(end) }
        for (token, stream) in streams where stream.deadline <= now { streams[token] = nil }
        guard let restTime, restTime <= now, world.isIdle else { return }
        self.restTime = nil
        buffer = []
        if streams.isEmpty { streams = [:] }
        releaseUnusedMemory()
    }

    // MARK: Askers

    /// A few at a time: the container's output wants to be seen to as well.
    private func takeDatagrams() {
        for _ in 0..<16 {
            guard
                let (count, sender) = try? InternetSocket.receive(
                    from: sockets.datagrams, into: &buffer)
            else { return }
            take(Array(buffer.prefix(count)), from: .datagram(sender))
        }
    }

    private func takeConnection() {
        guard let socket = try? sockets.listener.accept() else { return }
        // With too many, the oldest goes: it has had its time.
        if streams.count >= Self.streamLimit, let oldest = streams.keys.min() {
            streams[oldest] = nil
        }
        lastToken += 1
        let token = lastToken << 1 | 1
        guard (try? ready.wait(for: socket.raw, .reading, token: token)) != nil else { return }
        streams[token] = NamesStream(socket)
    }

    private func serveStream(_ token: UInt64) {
        guard let stream = streams[token] else { return }
        for message in stream.proceed(&buffer) { take(message, from: .stream(token)) }
        settle(token)
    }

    private func settle(_ token: UInt64) {
        guard let stream = streams[token] else { return }
        guard !stream.isOver,
            (try? ready.wait(for: stream.socket.raw, stream.interest, token: token)) != nil
        else { return streams[token] = nil }
    }

    private func deliver(_ end: NamesForwarding.End) {
        let bytes = end.answer ?? NamesAnswer(.serverFailure).bytes(to: end.query, room: 512)
        send(bytes, to: end.asker)
    }

    private func send(_ bytes: [UInt8], to asker: NamesAsker) {
        switch asker {
        case .datagram(let name): try? InternetSocket.send(bytes, over: sockets.datagrams, to: name)
        case .stream(let token):
            streams[token]?.send(bytes)
            settle(token)
        }
    }

    // MARK: Questions

    private func take(_ message: [UInt8], from asker: NamesAsker) {
        do throws(NamesQuery.Refusal) {
            let query = try NamesQuery(parsing: message)
            let room = if case .datagram = asker { query.room } else { 65_535 }
            if let answer = answer(to: query) {
                return send(answer.bytes(to: query, room: room), to: asker)
            }
            let isStream = if case .stream = asker { true } else { false }
            let forward = NamesForwarding.Question(
                query: query, message: message, asker: asker, isStream: isStream)
            let mayLeave = (try? directory.leadsOut()) ?? false
            if let end = world.ask(forward, isOutside: mayLeave, ready) { deliver(end) }
        } catch {
            if case .answer(let bytes) = error { send(bytes, to: asker) }
        }
    }

    /// What the database says; nil when others must be asked.
    private func answer(to query: NamesQuery) -> NamesAnswer? {
        let question = query.question
        guard question.isOfInternet, let name = question.name.text, !name.isEmpty else {
            return nil
        }
        do {
            if let address = question.name.reversedAddress {
                guard question.kind == NamesQuestion.pointer,
                    let found = try directory.name(of: address).flatMap({ DomainName($0) })
                else { return nil }
                return NamesAnswer([.name(found)])
            }
            let found = try directory.addresses(of: name)
            if found.isEmpty { return world.refuses(name) ? NamesAnswer(.noSuchName) : nil }
            let wanted = found.filter {
                question.kind == ($0.isIPv4 ? NamesQuestion.ipv4 : NamesQuestion.ipv6)
            }
            return NamesAnswer(wanted.shuffled().map { .address($0) })
        } catch {
            return NamesAnswer(.serverFailure)
        }
    }
}

/// Who waits for an answer.
enum NamesAsker {
    /// `struct sockaddr_in` of a socket in the container's network namespace.
    case datagram([UInt8])
    /// A connection's token.
    case stream(UInt64)
}
