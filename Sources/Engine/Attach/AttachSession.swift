// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux

/// A client's part of a session with a container, over the connection to its monitor: used by run,
/// start and attach.
///
/// ```swift
/// let socket = try UnixSocket.connect(to: "attach", in: "/run/swocker/\(id)")
/// var session = try AttachSession(socket, options)
/// switch try session.run() { … }
/// ```
public struct AttachSession: ~Copyable {
    private let socket: OwnedFD
    private var client: ClientStreams
    private var parser = FrameParser()
    /// What the socket has not taken yet; nothing more is read from the keyboard before it has.
    private var outgoing: [UInt8] = []
    private var outcome: AttachOutcome?
    private let buffer: PageBuffer

    /// - Parameters:
    ///   - socket: connected to the monitor.
    ///   - stdin, stdout, stderr: the user's side; they stay the caller's.
    public init(
        _ socket: consuming OwnedFD, _ options: AttachOptions, stdin: CInt = 0, stdout: CInt = 1,
        stderr: CInt = 2
    ) throws(KernelError) {
        let buffer = try PageBuffer(size: 128 * 1024)
        let client = try ClientStreams(options, stdin: stdin, stdout: stdout, stderr: stderr)
        self.buffer = buffer
        self.client = client
        self.socket = socket
    }

    /// Lasts until the container ends, the user leaves, or the connection breaks.
    public mutating func run() throws(KernelError) -> AttachOutcome {
        let former = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, former) }
        var set = PollSet()
        while true {
            if let size = client.takeResize() {
                let number = UInt32(size.rows) | UInt32(size.columns) << 16
                send(Frame.control(.resize, number))
            }
            set.removeAll()
            let incoming = set.add(socket.raw, POLLIN | (outgoing.isEmpty ? 0 : POLLOUT))
            let signalled = set.add(client.signalDescriptor, POLLIN)
            let typing = outgoing.isEmpty ? client.typing.map { set.add($0, POLLIN) } : nil
            do throws(Errno) { try set.wait() } catch {
                throw KernelError(action: "wait for the container", errno: error)
            }
            if set.events(at: signalled) != 0 { client.takeSignals() }
            if set.events(at: typing) != 0 { takeTyped() }
            if set.events(at: incoming) & POLLOUT != 0 { flush() }
            if set.events(at: incoming) & ~POLLOUT != 0 { receive() }
            if let ending = client.ending { return ending }
            if let outcome { return outcome }
        }
    }

    private mutating func takeTyped() {
        switch client.takeTyped() {
        case .bytes(let bytes):
            if !bytes.isEmpty { sendTyped(bytes) }
        case .end:
            send(Frame.control(.stdinEnd))
        case .detach(let bytes):
            if !bytes.isEmpty { sendTyped(bytes) }
            send(Frame.control(.detach))
            outcome = .detached
        case nil: break
        }
    }

    private mutating func sendTyped(_ bytes: [UInt8]) {
        send(bytes.withUnsafeBytes { Frame.stream(.stdin, $0) })
    }

    private mutating func send(_ frame: [UInt8]) {
        outgoing += frame
        flush()
    }

    private mutating func flush() {
        do {
            let count = try outgoing.withUnsafeBytes { bytes throws(Errno) in
                try sendAvailable(bytes, to: socket.raw)
            }
            outgoing.removeFirst(count)
        } catch { outgoing = [] }  // what the monitor said last is still to be read
    }

    private mutating func receive() {
        do {
            guard let count = try receiveAvailable() else { return }
            if count == 0 { outcome = outcome ?? .disconnected }
            var rest = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])
            while outcome == nil, let event = try parser.next(in: &rest) { take(event) }
        } catch { outcome = outcome ?? .disconnected }
    }

    private func receiveAvailable() throws(Errno) -> Int? {
        let (fd, bytes) = (socket.raw, buffer.bytes)
        do {
            return try syscall { recv(fd, bytes.baseAddress, bytes.count, CInt(MSG_DONTWAIT)) }
        } catch {
            if error == .wouldBlock { return nil }
            throw error
        }
    }

    private mutating func take(_ event: FrameParser.Event) {
        switch event {
        case .bytes(.stdout, let bytes): show(bytes, of: .stdout)
        case .bytes(.stderr, let bytes): show(bytes, of: .stderr)
        case .control(.exit, let code):
            outcome = .exited(code: Int32(truncatingIfNeeded: Int64(bitPattern: code)))
        case .control(.lost, _):
            if client.showsOutput { client.tell("output was lost, this client was too slow") }
        case .control(.hello, let greeting):
            if UInt8(truncatingIfNeeded: greeting) != Frame.version {
                client.tell("the container's monitor speaks another version of the protocol")
                outcome = .disconnected
            }
        default: break
        }
    }

    private mutating func show(_ bytes: UnsafeRawBufferPointer, of stream: LogStream) {
        do throws(Errno) { try client.show(bytes, of: stream) } catch {
            client.tell(ofOutputError: error)
            outcome = .outputClosed
        }
    }
}
