// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux

/// A session with a process that the client itself has started (`swocker exec`): the client owns the
/// pipes or the terminal and carries bytes both ways, so that no descriptor of the host's is ever
/// seen in the container.
public struct LocalProxy: ~Copyable {
    private let process: OwnedFD
    private let isTerminal: Bool
    private var output: OwnedFD?
    private var errors: OwnedFD?
    private var input: InputQueue
    private var client: ClientStreams
    private var termination: Termination?
    private let buffer: PageBuffer

    /// - Parameters:
    ///   - process: the pidfd of a child of the calling process.
    ///   - streams: this side of its streams.
    public init(
        process: consuming OwnedFD, streams: consuming MonitorStreams, _ options: AttachOptions,
        stdin: CInt = 0, stdout: CInt = 1, stderr: CInt = 2
    ) throws(KernelError) {
        let buffer = try PageBuffer(size: LogRecord.maximumPayload)
        let client = try ClientStreams(options, stdin: stdin, stdout: stdout, stderr: stderr)
        self.buffer = buffer
        self.client = client
        self.process = process
        isTerminal = streams.isTerminal
        output = .some(streams.output)
        errors = streams.errors
        input = InputQueue(streams.input)
    }

    /// Lasts until the process has ended and its output is shown, or the user leaves.
    public mutating func run() throws(KernelError) -> AttachOutcome {
        let former = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, former) }
        while true {
            if let size = client.takeResize(), isTerminal, let fd = number(of: output) {
                try? size.apply(to: fd)
            }
            if let outcome = try turn() { return outcome }
            if let ending = client.ending { return ending }
        }
    }

    /// The user has left: the process keeps its terminal, in the hands of a fork of this one, which
    /// reads what nobody sees until the process has ended.
    mutating func continueInBackground() throws(KernelError) {
        let fork = try attempting("fork") { () throws(Errno) in try cloneProcess() }
        if fork != nil { return }
        setsid()
        _ = chdir("/")
        signal(SIGPIPE, SIG_IGN)
        let null = open("/dev/null", O_RDWR)
        for number in CInt(0)...2 { dup2(null, number) }
        ThisProcess.closeAll(from: 3, keeping: [process.raw] + output.descriptors)
        // Nobody may have the terminal open for a time (EIO); closing it would be a hang-up.
        var isReading = true
        while true {
            var set = PollSet()
            let ended = set.add(process.raw, POLLIN)
            // Looked up in each turn: what is not used any more is closed early.
            let main = number(of: output)
            let place = isReading ? main.map { set.add($0, POLLIN) } : nil
            guard (try? set.wait()) != nil, set.events(at: ended) == 0 else { _exit(0) }
            if set.events(at: place) != 0, let main {
                do { _ = try readAvailable(main, into: buffer.bytes) } catch { isReading = false }
            }
        }
    }

    private mutating func turn() throws(KernelError) -> AttachOutcome? {
        var set = PollSet()
        let isDraining = termination != nil
        let ended = isDraining ? nil : set.add(process.raw, POLLIN)
        let signalled = set.add(client.signalDescriptor, POLLIN)
        let typing = input.hasRoom && !isDraining ? client.typing.map { set.add($0, POLLIN) } : nil
        let inputPlace = input.waiting.map { set.add($0, POLLOUT) }
        let outputPlace = number(of: output).map { set.add($0, POLLIN) }
        let errorPlace = number(of: errors).map { set.add($0, POLLIN) }
        // The last bytes of a terminal come with a delay, and then its end; pipes have all at once.
        do { try set.wait(milliseconds: isDraining ? (isTerminal ? 100 : 0) : -1) } catch {
            throw KernelError(action: "wait for the process", errno: error)
        }
        if set.events(at: signalled) != 0 { client.takeSignals() }
        if set.events(at: inputPlace) != 0 { input.flush() }
        if set.events(at: typing) != 0, takeTyped() { return .detached }
        let (outputEvents, errorEvents) = (set.events(at: outputPlace), set.events(at: errorPlace))
        do throws(Errno) {
            if outputEvents != 0, try show(.stdout) { output = nil }
            if errorEvents != 0, try show(.stderr) { errors = nil }
        } catch {
            client.tell(ofOutputError: error)
            return .outputClosed
        }
        if let termination, outputEvents == 0, errorEvents == 0 {
            return .exited(code: termination.exitCode)
        }
        if set.events(at: ended) != 0 {
            termination = try attempting("reap the process") { () throws(Errno) in
                try process.reap(blocking: false)
            }
        }
        return nil
    }

    /// - Returns: whether the user leaves.
    private mutating func takeTyped() -> Bool {
        switch client.takeTyped() {
        case .bytes(let bytes): bytes.withUnsafeBytes { input.add($0) }
        case .end: if !isTerminal { input.close() }
        case .detach(let bytes):
            bytes.withUnsafeBytes { input.add($0) }
            return true
        case nil: break
        }
        return false
    }

    /// - Returns: whether the output has ended.
    private mutating func show(_ stream: LogStream) throws(Errno) -> Bool {
        let descriptor = stream == .stdout ? number(of: output) : number(of: errors)
        guard let descriptor else { return true }
        let count: Int?
        do throws(Errno) { count = try readAvailable(descriptor, into: buffer.bytes) } catch {
            return true  // EIO: nobody has the terminal open any more
        }
        guard let count else { return false }
        if count == 0 { return true }
        try client.show(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]), of: stream)
        return false
    }
}
