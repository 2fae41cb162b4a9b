// SPDX-License-Identifier: Apache-2.0

public import Linux

/// The monitor's ends of a container's standard streams.
@frozen
public struct MonitorStreams: ~Copyable {
    /// Where the container's input is written; nil when it has none.
    var input: OwnedFD?
    /// The container's output, or the main end of its terminal.
    var output: OwnedFD
    /// The container's error output; nil with a terminal.
    var errors: OwnedFD?
    let isTerminal: Bool

    /// The open descriptors.
    var descriptors: [CInt] { input.descriptors + [output.raw] + errors.descriptors }

    /// The container's side is a terminal, this is the main end of the pair. No peer may stay open
    /// in the monitor, or the terminal's end is not seen.
    public init(terminal: consuming OwnedFD) throws(Errno) {
        let output = terminal
        try output.setNonblocking(true)
        let input = try output.duplicate()
        self.output = output
        self.input = consume input
        isTerminal = true
    }

    fileprivate init(
        input: consuming OwnedFD?, output: consuming OwnedFD, errors: consuming OwnedFD
    ) {
        self.input = input
        self.output = output
        self.errors = consume errors
        isTerminal = false
    }
}

/// The container's ends of its standard streams, to become its descriptors 0, 1 and 2.
@frozen
public struct ContainerStdio: ~Copyable {
    public var stdin: OwnedFD
    public var stdout: OwnedFD
    public var stderr: OwnedFD
}

/// Both sides of a container's standard streams without a terminal.
@frozen
public struct StreamPipes: ~Copyable {
    public var monitor: MonitorStreams
    public var container: ContainerStdio

    /// How much output a pipe holds: enough that the container rarely waits for the log.
    private static let pipeSize = 256 * 1024

    /// Opens the pipes.
    /// - Parameter stdin: whether the container has input (`--interactive`); otherwise it reads
    ///   /dev/null.
    public init(stdin: Bool) throws(Errno) {
        let output = try DescriptorPair.pipe()
        let errors = try DescriptorPair.pipe()
        try output.first.setNonblocking(true)
        try errors.first.setNonblocking(true)
        output.second.requestPipeSize(StreamPipes.pipeSize)
        errors.second.requestPipeSize(StreamPipes.pipeSize)
        if stdin {
            let input = try DescriptorPair.pipe()
            try input.second.setNonblocking(true)
            container = ContainerStdio(
                stdin: input.first, stdout: output.second, stderr: errors.second)
            monitor = MonitorStreams(
                input: input.second, output: output.first, errors: errors.first)
        } else {
            let null = try OwnedFD.open("/dev/null")
            container = ContainerStdio(stdin: null, stdout: output.second, stderr: errors.second)
            monitor = MonitorStreams(input: nil, output: output.first, errors: errors.first)
        }
    }
}

extension StreamPipes {
    /// Keeps the monitor's ends and closes the container's.
    consuming func takeMonitorSide() -> MonitorStreams { monitor }
}

extension Optional where Wrapped == any LogDriver {
    /// The descriptors that the log has open.
    var descriptors: [CInt] {
        switch self {
        case .some(let log): log.descriptors
        case nil: []
        }
    }
}

extension Optional where Wrapped == OwnedFD {
    /// The descriptor, if there is one, for a list of those to keep.
    var descriptors: [CInt] {
        switch self {
        case .some(let fd): [fd.raw]
        case nil: []
        }
    }
}
