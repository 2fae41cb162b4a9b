// SPDX-License-Identifier: Apache-2.0

internal import Linux

/// One attached client, as the monitor sees it.
///
/// A client that keeps up is *live*: each chunk of output goes straight into its socket. One that
/// does not has at most one chunk waiting here, and a place in the log from where it catches up at
/// its own pace; so no client costs memory, however slow.
final class MonitorClient {
    let socket: OwnedFD
    /// The client that started the container: it misses nothing, the container rather waits.
    let isForeground: Bool
    /// It left, or broke the protocol.
    private(set) var isGone = false
    /// It said that it leaves.
    private(set) var isDetached = false

    /// When its socket last took something, nanoseconds of `Clock.monotonic`.
    private(set) var progress: UInt64 = 0

    private var parser = FrameParser()
    /// What the socket has not taken yet; less than two frames.
    private var queue: [UInt8] = []
    /// A word of loss is in the queue.
    private var isTold = false
    /// Where it catches up; nil when it is live, but for what is in the queue.
    private var cursor: LogCursor?

    init(_ socket: consuming OwnedFD, isForeground: Bool, isTerminal: Bool) {
        self.socket = socket
        self.isForeground = isForeground
        send([FrameKind.hello.rawValue, 2, 0, 0, Frame.version, isTerminal ? 1 : 0])
    }

    /// Whether it has everything so far.
    var isLive: Bool { queue.isEmpty && cursor == nil }

    /// How many bytes it costs.
    var buffered: Int { queue.count }

    /// Whether it waits for room in its socket.
    var isWaiting: Bool { !isLive && !isGone }

    /// The segment that rotation must leave to it.
    var segment: UInt64? {
        switch cursor {
        case .some(let cursor): cursor.position.segment
        case nil: nil
        }
    }

    /// Sends bytes that begin and end with frames.
    func send(_ frames: UnsafeRawBufferPointer) {
        if isGone { return }
        if !queue.isEmpty {
            queue += frames
            return
        }
        do {
            let count = try sendAvailable(frames, to: socket.raw)
            noteProgress(count)
            if count < frames.count { queue += frames[count...] }
        } catch { isGone = true }
    }

    func send(_ frames: [UInt8]) { frames.withUnsafeBytes { send($0) } }

    /// Output that is not in the log cannot reach a client that lags. It is told once until it has
    /// taken what waits, so that the loss costs no memory.
    func lose() {
        if isGone || isTold { return }
        send(Frame.control(.lost))
        isTold = !queue.isEmpty
    }

    /// From here on it reads the log, until it has caught up.
    func lag(from position: LogPosition, in directory: String) {
        if cursor != nil || isGone { return }
        do {
            cursor = try LogCursor(
                directory: directory, at: position, window: LogRecord.maximumSize)
        } catch { lose() }
    }

    /// Sends what waits, and then from the log, as much as the socket takes.
    func proceed() {
        flush()
        // One round is bounded, so that a fast reader of a long log leaves the others their turn.
        var budget = 1 << 20
        while queue.isEmpty, cursor != nil, !isGone, budget > 0 { budget -= catchUp() }
        restCursor()
    }

    private func noteProgress(_ count: Int) {
        if count > 0 { progress = Clock.monotonic }
    }

    private func flush() {
        if queue.isEmpty || isGone { return }
        do {
            let count = try queue.withUnsafeBytes { bytes throws(Errno) in
                try sendAvailable(bytes, to: socket.raw)
            }
            noteProgress(count)
            queue.removeFirst(count)
            if queue.isEmpty { (queue, isTold) = ([], false) }
        } catch { isGone = true }
    }

    /// Sends one more chunk of the log; at its end the client is live.
    /// - Returns: how many bytes that were.
    private func catchUp() -> Int {
        do {
            guard let (record, _, payload) = try nextRecord() else {
                cursor = nil
                return 0
            }
            if record.stream == .note { return 0 }
            let kind = record.stream == .stdout ? FrameKind.stdout : .stderr
            // The record's header is read; its last bytes make room for the frame's.
            guard let start = payload.baseAddress else { return 0 }
            let frame = UnsafeMutableRawBufferPointer(
                start: UnsafeMutableRawPointer(mutating: start - Frame.headerSize),
                count: payload.count + Frame.headerSize)
            Frame.header(kind, length: payload.count, into: frame)
            send(UnsafeRawBufferPointer(frame))
            return frame.count
        } catch {
            cursor = nil
            lose()
            return 0
        }
    }

    private func nextRecord() throws(KernelError) -> (
        LogRecord, LogPosition, UnsafeRawBufferPointer
    )? {
        let before = segment ?? 0
        if let record = cursor?.next() { return record }
        guard try cursor?.refill() == true else { return nil }
        if let now = segment, now > before + 1 { lose() }
        return cursor?.next()
    }

    private func restCursor() {
        if cursor != nil { cursor?.rest() }
    }

    /// What the client says.
    enum Request {
        case typed(UnsafeRawBufferPointer)
        case inputEnd
        case resize(WindowSize)
    }

    /// Reads what the client sent.
    func receive(_ body: (Request) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: 16 * 1024, alignment: 8) { buffer in
            do {
                guard let count = try readAvailable(socket.raw, into: buffer) else { return }
                if count == 0 { isGone = true }
                var rest = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                while let event = try parser.next(in: &rest) { take(event, body) }
            } catch { isGone = true }
        }
    }

    private func take(_ event: FrameParser.Event, _ body: (Request) -> Void) {
        switch event {
        case .bytes(.stdin, let bytes): body(.typed(bytes))
        case .control(.stdinEnd, _): body(.inputEnd)
        case .control(.resize, let size):
            body(
                .resize(
                    WindowSize(
                        rows: UInt16(truncatingIfNeeded: size),
                        columns: UInt16(truncatingIfNeeded: size >> 16))))
        case .control(.detach, _): isDetached = true
        default: break
        }
    }
}
