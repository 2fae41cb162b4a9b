// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// A chunk of output between the container and those who take it.
struct HeldChunk {
    let stream: LogStream
    let count: Int
    /// Whether the log had its chance, and where it put the chunk.
    var isOffered = false
    var position: LogPosition?
}

// From the container to the log and to the clients.
extension Monitor {
    /// Reads one chunk of an output and passes it on as far as it goes.
    mutating func take(_ stream: LogStream) {
        guard held == nil, let fd = stream == .stdout ? number(of: output) : number(of: errors)
        else { return }
        isWarm = true
        do {
            let payload = chunk.payload
            guard let count = try readAvailable(fd, into: payload) else { return }
            if count == 0 { return end(stream) }
            terminalDeadline = nil
            held = HeldChunk(stream: stream, count: count)
            if termination != nil { drainBudget -= count }
            settle()
        } catch {
            end(stream)
        }
    }

    /// The output has ended. A terminal only seems to (EIO) as long as its process lives, which may
    /// open it again.
    private mutating func end(_ stream: LogStream) {
        if isTerminal && termination == nil {
            terminalDeadline = Clock.monotonic + 50_000_000
        } else if stream == .stdout {
            output = nil
        } else {
            errors = nil
        }
    }

    /// The process has ended: an output that poll(2) found silent is over, though somebody outside
    /// may have it open. A terminal passes its last bytes on with a delay, and tells its end.
    /// - Parameters: what poll(2) said; nil for what it was not asked about.
    mutating func drain(output outputEvents: Int32?, errors errorEvents: Int32?) {
        if held != nil { return }
        let isExhausted = drainBudget <= 0
        if errorEvents == 0 || isExhausted { errors = nil }
        guard outputEvents == 0 || isExhausted else { return }
        if !isTerminal || isExhausted {
            output = nil
        } else {
            let limit = terminalDeadline ?? Clock.monotonic + 100_000_000
            terminalDeadline = limit
            if Clock.monotonic >= limit { output = nil }
        }
    }

    /// Passes the held chunk on when the log and the foreground client can take it.
    mutating func settle() {
        guard var chunk = held else { return }
        if !chunk.isOffered {
            if wouldLoseUnread(chunk.count) { return }
            chunk.position = append(chunk)
            chunk.isOffered = true
            held = chunk
        }
        if chunk.position == nil, clients.contains(where: { $0.isForeground && $0.isWaiting }) {
            return
        }
        deliver(chunk)
        held = nil
    }

    /// Whether rotation would remove what the foreground client has yet to read.
    private func wouldLoseUnread(_ count: Int) -> Bool {
        guard let oldest = log?.oldest(afterAppending: count) else { return false }
        return clients.contains { client in
            guard client.isForeground, !client.isGone, let segment = client.segment else {
                return false
            }
            return segment < oldest
        }
    }

    private func append(_ held: HeldChunk) -> LogPosition? {
        log?.append(chunk.record(of: held.count), from: held.stream, at: Clock.realtime)
    }

    private func deliver(_ held: HeldChunk) {
        if clients.isEmpty { return }
        let frame = chunk.payload(of: held.count, precededBy: Frame.headerSize)
        Frame.header(held.stream == .stdout ? .stdout : .stderr, length: held.count, into: frame)
        for client in clients {
            if client.isLive {
                client.send(UnsafeRawBufferPointer(frame))
            } else if let position = held.position, let logDirectory {
                client.lag(from: position, in: logDirectory)
            } else {
                client.lose()
            }
        }
    }
}

/// The descriptor's number, when there is one.
func number(of descriptor: borrowing OwnedFD?) -> CInt? {
    switch descriptor {
    case .some(let owned): owned.raw
    case nil: nil
    }
}
