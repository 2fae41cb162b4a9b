// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux

/// The FIFO by which a created container is let go.
///
/// The container's process has it open for reading and writing and reads a byte: it waits without
/// anybody else alive. Who starts it writes the byte, and waits until nobody has the FIFO open for
/// reading: execve(2) closes it, and so does the process's end. A failure in between (twelve bytes,
/// as in `ProcessReport`) is left in the FIFO, where the starter finds it. The process needs no more
/// than read(2) and write(2) for that, which every system call filter allows.
///
/// Whether a container still waits is therefore asked of the kernel: an open for writing fails
/// (ENXIO) when nobody reads.
public enum StartGate {
    /// Makes the FIFO and opens it for the process.
    public static func make(at path: String) throws(KernelError) -> OwnedFD {
        try attempting("make \(path)") { () throws(Errno) in
            try syscall { mkfifo(path, 0o600) }
            return try OwnedFD.open(path, O_RDWR | O_NOFOLLOW)
        }
    }

    /// Whether a process waits behind the FIFO.
    public static func isAwaited(at path: String) -> Bool {
        (try? OwnedFD.open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW)) != nil
    }

    /// Lets the process go and waits until it has become its program.
    /// - Returns: nil when no process waits.
    public static func open(at path: String) throws(KernelError) -> StartReport? {
        try attempting("start through \(path)") { () throws(Errno) -> StartReport? in
            let writer: OwnedFD
            do throws(Errno) {
                writer = try OwnedFD.open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW)
            } catch {
                if error.rawValue == ENXIO || error == .noEntry { return nil }
                throw error
            }
            try writer.writeAll([1])
            var poll = PollSet()
            let place = poll.add(writer.raw, 0)
            repeat { try poll.wait() } while poll.events(at: place) & POLLERR == 0
            let reader = try OwnedFD.open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
            var bytes = [UInt8](repeating: 0, count: 64)
            let fd = reader.raw
            var count = 0
            bytes.withUnsafeMutableBytes { buffer in
                count = (try? readAvailable(fd, into: buffer)) ?? 0
            }
            return StartReport(bytes: Array(bytes[..<count]))
        }
    }
}

/// What became of a started process.
public struct StartReport: Equatable, Sendable {
    let bytes: [UInt8]

    /// Whether the program runs, or has run.
    public var isSuccess: Bool { bytes.isEmpty }

    /// The failure in words; nil when the program runs, or has run.
    /// - Parameter plan: the plan that the process followed.
    public func failure(in plan: Plan) -> RuntimeError? {
        // The byte of the start itself is left when the process was gone before it could read.
        if bytes == [1] { return .step("start the process", .noProcess) }
        return bytes.isEmpty ? nil : ProcessReport(bytes).failure?.error(in: plan)
    }
}
