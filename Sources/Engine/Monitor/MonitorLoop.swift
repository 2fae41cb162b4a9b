// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// Where in the poll set each party stands.
private struct Places {
    var process: Int?
    var output: Int?
    var errors: Int?
    var input: Int?
    var listener: Int?
    var firstClient = 0
    var firstWatch = 0
}

// One turn of the loop: wait, then see to everybody.
extension Monitor {
    /// - Parameter deadline: when to return at the latest, nanoseconds of `Clock.monotonic`.
    mutating func turn(_ deadline: UInt64?) throws(KernelError) {
        let places = gather()
        let limit = timeout(deadline)
        let count = try wait(limit)
        if count == 0 && isWarm && held == nil && limit != 0 { rest() }
        if poll.events(at: places.process) != 0 { try reap() }
        serveClients(places.firstClient, listener: poll.events(at: places.listener))
        if poll.events(at: places.input) != 0 { input.flush() }
        settle()
        if poll.events(at: places.output) != 0 { take(.stdout) }
        if poll.events(at: places.errors) != 0 { take(.stderr) }
        if termination != nil && places.process == nil {
            drain(
                output: places.output.map { poll.events(at: $0) },
                errors: places.errors.map { poll.events(at: $0) })
        }
        serveWatches(places.firstWatch)
        fireTimers()
    }

    private mutating func gather() -> Places {
        var places = Places()
        poll.removeAll()
        if termination == nil { places.process = poll.add(process.raw, POLLIN) }
        if held == nil {
            if let fd = number(of: output), !isTerminalResting {
                places.output = poll.add(fd, POLLIN)
            }
            if let fd = number(of: errors) { places.errors = poll.add(fd, POLLIN) }
        }
        if let fd = input.waiting { places.input = poll.add(fd, POLLOUT) }
        if let fd = number(of: listener), clients.count < Monitor.clientLimit {
            places.listener = poll.add(fd, POLLIN)
        }
        places.firstClient = poll.count
        for client in clients {
            let reading = input.hasRoom ? POLLIN : 0
            poll.add(client.socket.raw, reading | (client.isWaiting ? POLLOUT : 0))
        }
        places.firstWatch = poll.count
        // poll(2) passes over negative numbers.
        for watch in watches { poll.add(watch.descriptor() ?? -1, watch.events) }
        return places
    }

    /// Nobody has the terminal open just now.
    private var isTerminalResting: Bool {
        guard let terminalDeadline, termination == nil else { return false }
        return Clock.monotonic < terminalDeadline
    }

    private func timeout(_ deadline: UInt64?) -> Int32 {
        if termination != nil, held == nil, number(of: output) != nil || number(of: errors) != nil {
            return isTerminal ? 20 : 0
        }
        var next = deadline ?? .max
        if let terminalDeadline, isTerminalResting { next = min(next, terminalDeadline) }
        for timer in timers { next = min(next, timer.due() ?? .max) }
        let now = Clock.monotonic
        if isWarm && held == nil { next = min(next, now + 300_000_000) }
        if next == .max { return -1 }
        return next > now ? Int32(clamping: (next - now) / 1_000_000 + 1) : 0
    }

    private mutating func wait(_ milliseconds: Int32) throws(KernelError) -> Int {
        do { return try poll.wait(milliseconds: milliseconds) } catch {
            throw KernelError(action: "wait for the container", errno: error)
        }
    }

    /// Nothing has happened for a while: gives the memory back.
    private mutating func rest() {
        chunk.rest()
        log?.rest()
        isWarm = false
        releaseUnusedMemory()
    }

    private mutating func reap() throws(KernelError) {
        termination = try attempting("reap the container's process") { () throws(Errno) in
            try process.reap(blocking: false)
        }
        terminalDeadline = nil
    }

    private mutating func serveClients(_ first: Int, listener events: Int32) {
        for (index, client) in clients.enumerated() {
            let events = poll.events(at: first + index)
            if events & (POLLIN | POLLHUP | POLLERR) != 0 { serve(client) }
            if events & POLLOUT != 0 { client.proceed() }
        }
        if clients.contains(where: { $0.isGone }) { partFromGone() }
        if events != 0, let socket = try? listener?.accept() {
            clients.append(
                MonitorClient(socket, isForeground: false, isTerminal: isTerminal))
        }
    }

    private mutating func serve(_ client: MonitorClient) {
        client.receive { request in
            switch request {
            case .typed(let bytes): input.add(bytes)
            case .inputEnd: if stdinOnce && client.isForeground && !isTerminal { input.close() }
            case .resize(let size):
                if isTerminal, let fd = number(of: output) { try? size.apply(to: fd) }
            }
        }
    }

    private mutating func partFromGone() {
        let orphaned = clients.contains { $0.isGone && $0.isForeground && !$0.isDetached }
        clients.removeAll { $0.isGone }
        if orphaned && stdinOnce && !isTerminal { input.close() }
    }

    private mutating func serveWatches(_ first: Int) {
        if watches.isEmpty { return }
        var index = first
        watches.removeAll { watch in
            let events = poll.events(at: index)
            index += 1
            return events != 0 && !watch.ready(events)
        }
    }

    private func fireTimers() {
        if timers.isEmpty { return }
        let now = Clock.monotonic
        for timer in timers {
            if let due = timer.due(), due <= now { timer.fire() }
        }
    }
}
