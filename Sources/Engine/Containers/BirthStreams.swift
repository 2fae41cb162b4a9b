// SPDX-License-Identifier: Apache-2.0

internal import ContainerRuntime
internal import Linux

/// The standard streams of a container that is about to start: pipes, or a socket through which its
/// terminal will come.
enum BirthStreams: ~Copyable {
    case pipes(StreamPipes)
    case terminal(DescriptorPair)

    /// - Parameter stdin: whether the container has input; without, it reads /dev/null.
    init(terminal: Bool, stdin: Bool) throws(Errno) {
        self =
            terminal
            ? .terminal(try DescriptorPair.sockets()) : .pipes(try StreamPipes(stdin: stdin))
    }

    /// What the plan borrows.
    var lent: [Slot: CInt] {
        switch self {
        case .pipes(let pipes):
            [
                .input: pipes.container.stdin.raw, .output: pipes.container.stdout.raw,
                .error: pipes.container.stderr.raw,
            ]
        case .terminal(let console): [.console: console.second.raw]
        }
    }

    /// The monitor's ends, once the container's process runs; the container's ends are closed here.
    consuming func takeMonitorSide() throws(Errno) -> MonitorStreams {
        switch consume self {
        case .pipes(let pipes): return pipes.takeMonitorSide()
        case .terminal(let console):
            let socket = console.takeFirst()  // and the other end closed: its silence is an end
            guard let terminal = try DescriptorPassing.receive(from: socket.raw) else {
                throw Errno.io
            }
            return try MonitorStreams(terminal: terminal)
        }
    }
}
