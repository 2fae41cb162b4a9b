// SPDX-License-Identifier: Apache-2.0

internal import ContainerRuntime
internal import Glibc
internal import Linux

/// The standard streams of a container that is about to start: pipes, or a socket through which its
/// terminal will come.
enum BirthStreams: ~Copyable {
    case pipes(StreamPipes)
    case terminal(DescriptorPair)

    /// - Parameter owner: the host's number of the container's root, who must own the pipes to be
    ///   able to open /dev/stdout again.
    init(terminal: Bool, stdin: Bool, owner: UInt32?) throws(Errno) {
        guard !terminal else {
            self = .terminal(try DescriptorPair.sockets())
            return
        }
        let pipes = try StreamPipes(stdin: stdin)
        if let owner {
            fchown(pipes.container.stdout.raw, owner, owner)
            fchown(pipes.container.stderr.raw, owner, owner)
            if stdin { fchown(pipes.container.stdin.raw, owner, owner) }
        }
        self = .pipes(pipes)
    }

    /// What the plan borrows: slots 0 to 2 are the streams, 3 is the console's socket.
    var lent: [Slot: CInt] {
        switch self {
        case .pipes(let pipes):
            [
                Slot(0): pipes.container.stdin.raw, Slot(1): pipes.container.stdout.raw,
                Slot(2): pipes.container.stderr.raw,
            ]
        case .terminal(let console): [Slot(3): console.second.raw]
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
