// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux

/// Something else that the monitor's loop shall wait for.
public struct MonitorWatch {
    let descriptor: () -> CInt?
    let events: Int32
    let ready: (Int32) -> Bool

    /// - Parameters:
    ///   - descriptor: asked in every turn; nil for nothing to wait for just now.
    ///   - events: POLLIN, POLLOUT.
    ///   - ready: called with what happened; false ends the watch.
    public init(
        _ descriptor: @escaping () -> CInt?, events: Int32, ready: @escaping (Int32) -> Bool
    ) {
        self.descriptor = descriptor
        self.events = events
        self.ready = ready
    }
}

/// Something that the monitor's loop shall do at a time.
public struct MonitorTimer {
    let due: () -> UInt64?
    let fire: () -> Void

    /// - Parameters:
    ///   - due: `Clock.monotonic` nanoseconds, asked in every turn; nil for never.
    ///   - fire: called when it is due, and sets when it is due next.
    public init(due: @escaping () -> UInt64?, fire: @escaping () -> Void) {
        self.due = due
        self.fire = fire
    }
}

/// The watch over one container's process: its output goes to the log and to who is attached, their
/// input goes to it, and its end is reaped.
///
/// **Who waits for whom.** The container waits for the log's disk, and never for an attached client,
/// with one exception: the client that started it (`swocker run` in the foreground) misses nothing.
/// When that one is slower than the container, it reads from the log; when rotation is about to
/// remove what it has not read, or when there is no log (driver `none`, full disk), the container
/// waits as a writer to a pipe does. Other clients that lag so far lose output and are told.
///
/// **Memory.** One chunk of 64 KiB, one more for each client that lags, 64 KiB of input. All of it
/// goes back to the kernel when nothing happens for a while.
public struct Monitor: ~Copyable {
    static let clientLimit = 16
    static let drainLimit = 4 << 20
    /// How long those who are not in the foreground may take to read the end.
    private static let patience: UInt64 = 1_000_000_000

    var process: OwnedFD
    let stdinOnce: Bool
    let isTerminal: Bool
    let log: (any LogDriver)?
    let logDirectory: String?
    var listener: OwnedFD?
    /// The container's output and error output; nil once they have ended.
    var output: OwnedFD?
    var errors: OwnedFD?
    var input: InputQueue
    var clients: [MonitorClient] = []
    /// The chunk of output that was read last, while log or clients cannot take it.
    let chunk: ChunkBuffer
    var held: HeldChunk?
    /// Whether the buffer has pages.
    var isWarm = false
    var poll = PollSet()
    var termination: Termination?
    private var isRecorded = false
    /// How much output of processes that outlive the container's is still taken.
    var drainBudget = Monitor.drainLimit
    /// When to look again at a terminal that nobody has open, or that is quiet after the end.
    var terminalDeadline: UInt64?

    /// Called once for each end of the process, after its output is in the log, before clients hear
    /// of it: here the exit is recorded. Returns whether the container will be started again: then
    /// nobody who does not read is waited for.
    public var onExit: (Termination) -> Bool = { _ in false }
    private var isStartedAgain = false
    /// Further things to wait for: health checks, names.
    public var watches: [MonitorWatch] = []
    public var timers: [MonitorTimer] = []

    /// - Parameters:
    ///   - process: the pidfd of the container's process, a child of the calling process.
    ///   - streams: the monitor's ends of its streams.
    ///   - log: nil when nothing is logged.
    ///   - listener: where clients attach.
    ///   - foreground: the connection to the client that started the container.
    ///   - stdinOnce: whether the end of the foreground client's input is the container's.
    public init(
        process: consuming OwnedFD, streams: consuming MonitorStreams, log: (any LogDriver)?,
        listener: consuming OwnedFD?, foreground: consuming OwnedFD?, stdinOnce: Bool
    ) throws(KernelError) {
        let chunk = try ChunkBuffer()
        let isTerminal = streams.isTerminal
        if let foreground {
            clients.append(
                MonitorClient(foreground, isForeground: true, isTerminal: isTerminal))
        }
        self.chunk = chunk
        self.isTerminal = isTerminal
        input = InputQueue(streams.input)
        output = .some(streams.output)
        errors = streams.errors
        self.process = process
        logDirectory = log?.readable
        self.log = log
        self.listener = listener
        self.stdinOnce = stdinOnce
    }

    /// Watches until the process has ended, its output is in the log, and the clients have all of
    /// it; whoever is not in the foreground and takes nothing for a while is not waited for.
    public mutating func run() throws(KernelError) -> Termination {
        // A reader that is gone, and a log beyond RLIMIT_FSIZE, are errors and not the end.
        let former = (signal(SIGPIPE, SIG_IGN), signal(SIGXFSZ, SIG_IGN))
        defer {
            signal(SIGPIPE, former.0)
            signal(SIGXFSZ, former.1)
        }
        var drained: UInt64?
        while true {
            settle()
            if let termination, isDrained || held != nil { record(termination) }
            if let termination, isDrained {
                let since = drained ?? Clock.monotonic
                drained = since
                if !isAwaitingClients(since: since) {
                    log?.finish()
                    return termination
                }
            }
            try turn(drained.map { _ in Clock.monotonic + Monitor.patience })
        }
    }

    /// Tells the clients how it ended and lets them go. Whoever waits for the foreground client may
    /// take the container for finished, so the caller has cleaned up.
    public mutating func finish(exitCode: Int32) {
        for client in clients { client.send(Frame.control(.exit, exitCode)) }
        let now = Clock.monotonic
        while isAwaitingClients(since: now) {
            guard (try? turn(Clock.monotonic + Monitor.patience)) != nil else { break }
        }
        clients = []
    }

    private func isAwaitingClients(since: UInt64) -> Bool {
        clients.contains { client in
            client.isWaiting
                && ((client.isForeground && !isStartedAgain)
                    || Clock.monotonic < max(client.progress, since) + Monitor.patience)
        }
    }

    /// Between two processes of the container: serves whoever comes.
    /// - Parameters:
    ///   - deadline: nanoseconds of `Clock.monotonic`.
    ///   - isOver: asked after each event; true ends the wait.
    public mutating func idle(
        until deadline: UInt64, unless isOver: () -> Bool
    ) throws(KernelError) {
        while !isOver(), Clock.monotonic < deadline { try turn(deadline) }
    }

    /// The container has been started again: watches the new process. Log, listener, watches and
    /// timers stay.
    public mutating func restart(
        process: consuming OwnedFD, streams: consuming MonitorStreams
    ) {
        input = InputQueue(streams.input)
        output = .some(streams.output)
        errors = streams.errors
        self.process = process
        (termination, isRecorded, held) = (nil, false, nil)
        isStartedAgain = false
        (drainBudget, terminalDeadline) = (Monitor.drainLimit, nil)
    }

    private var isDrained: Bool { output == nil && errors == nil && held == nil }

    private mutating func record(_ termination: Termination) {
        if isRecorded { return }
        isRecorded = true
        log?.finish()
        isStartedAgain = onExit(termination)
    }
}
