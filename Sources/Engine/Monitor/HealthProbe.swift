// SPDX-License-Identifier: Apache-2.0

internal import ContainerRuntime
internal import Glibc
internal import Linux

/// One run of a container's health check. It has a process of its own, a fork of the monitor, which
/// joins the container, keeps the probe's time and takes its output: whatever the probe does, the
/// monitor neither waits for it nor grows by it. When the monitor dies, the fork dies with it.
struct HealthProbe: ~Copyable {
    /// As much of the output is kept, in bytes; the rest is read and forgotten.
    static let outputLimit = 4096

    /// The fork.
    private let process: OwnedFD
    /// What it says at its end: an exit code of four bytes, then the output.
    private let answer: OwnedFD

    init(
        of container: Container, by engine: Engine, command: [String], timeout: Int64
    ) throws {
        let pipe = try DescriptorPair.pipe()
        try pipe.first.setNonblocking(true)
        let writer = pipe.second.raw
        process = try fork {
            ThisProcess.closeAll(from: 3, keeping: [writer])
            try? ThisProcess.setName("swocker-probe")
            let (code, output) = Self.run(command, in: container, by: engine, timeout: timeout)
            var message = withUnsafeBytes(of: code.littleEndian) { Array($0) }
            message += output.prefix(HealthProbe.outputLimit)
            let end = OwnedFD(adopting: writer)
            try? end.writeAll(message)
            return 0
        }
        answer = pipe.takeFirst()
    }

    /// Readable when the probe is over.
    var descriptor: CInt { process.raw }

    /// The probe's exit code and output.
    consuming func finish() -> (code: Int32, output: [UInt8]) {
        _ = try? process.reap()
        var buffer = [UInt8](repeating: 0, count: HealthProbe.outputLimit + 4)
        let raw = answer.raw
        let count = buffer.withUnsafeMutableBytes { (try? readAvailable(raw, into: $0)) ?? 0 }
        guard count >= 4 else { return (-1, Array("the probe was killed".utf8)) }
        let code = buffer.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
        return (Int32(littleEndian: code), Array(buffer[4..<count]))
    }

    /// Ends it, as nobody wants to know any more.
    consuming func abandon() {
        try? process.send(signal: SIGKILL)
        _ = try? process.reap()
    }

    // What follows is the fork's.

    private static func run(
        _ command: [String], in container: Container, by engine: Engine, timeout: Int64
    ) -> (code: Int32, output: [UInt8]) {
        let deadline = Clock.monotonic + UInt64(timeout)
        do {
            let (_, plan) = try engine.executionPlan(
                ExecutionRequest(command: command), container.id)
            guard let first = try container.process.open() else {
                throw EngineError.notRunning(id: container.id)
            }
            let null = try OwnedFD.open("/dev/null")
            let pipe = try DescriptorPair.pipe()
            try pipe.first.setNonblocking(true)
            let lent: [Slot: CInt] = [
                .container: first.raw, .input: null.raw, .output: pipe.second.raw,
                .error: pipe.second.raw,
            ]
            let process: OwnedFD
            do throws(RuntimeError) {
                process = try Launch(plan, lending: lent).run().takePidfd()
            } catch { throw EngineError.executionFailed("\(error)") }
            return try follow(process, output: pipe.takeFirst(), until: deadline, timeout)
        } catch {
            return (-1, Array("\(error)".utf8))
        }
    }

    private static func follow(
        _ process: borrowing OwnedFD, output: consuming OwnedFD, until deadline: UInt64,
        _ timeout: Int64
    ) throws -> (code: Int32, output: [UInt8]) {
        var kept: [UInt8] = []
        var isOpen = true
        var set = PollSet()
        while true {
            set.removeAll()
            let ended = set.add(process.raw, POLLIN)
            let readable = isOpen ? set.add(output.raw, POLLIN) : nil
            let now = Clock.monotonic
            guard now < deadline else { break }
            try set.wait(milliseconds: Int32(clamping: (deadline - now) / 1_000_000 + 1))
            if set.events(at: readable) != 0 { isOpen = take(from: output, into: &kept) }
            if set.events(at: ended) != 0 {
                // What it has left in the pipe is still its own; a daemon may keep the pipe open.
                if isOpen { _ = take(from: output, into: &kept) }
                return (try process.reap()?.exitCode ?? -1, kept)
            }
        }
        try? process.send(signal: SIGKILL)
        let reason = "Health check exceeded timeout (\(goDuration(timeout)))"
        let rest = kept.isEmpty ? [] : Array(": ".utf8) + kept
        return (-1, Array(reason.utf8) + rest)
    }

    /// - Returns: whether more may come.
    private static func take(from output: borrowing OwnedFD, into kept: inout [UInt8]) -> Bool {
        let raw = output.raw
        return withUnsafeTemporaryAllocation(byteCount: 16 * 1024, alignment: 8) { buffer in
            guard let read = try? readAvailable(raw, into: buffer) else { return true }
            kept += buffer.prefix(min(read, outputLimit - kept.count))
            return read > 0
        }
    }
}

/// A duration as Go prints it: `1m30s`, `1.5s`, `200ms`.
func goDuration(_ nanoseconds: Int64) -> String {
    func decimal(_ value: Int64, _ unit: Int64) -> String {
        var digits = "\(value % unit + unit)".dropFirst()
        while digits.last == "0" { digits = digits.dropLast() }
        return "\(value / unit)" + (digits.isEmpty ? "" : ".\(digits)")
    }
    if nanoseconds < 1_000 { return nanoseconds == 0 ? "0s" : "\(nanoseconds)ns" }
    if nanoseconds < 1_000_000 { return decimal(nanoseconds, 1_000) + "µs" }
    if nanoseconds < 1_000_000_000 { return decimal(nanoseconds, 1_000_000) + "ms" }
    let minutes = nanoseconds / 60_000_000_000
    let seconds = decimal(nanoseconds % 60_000_000_000, 1_000_000_000) + "s"
    if minutes == 0 { return seconds }
    return minutes < 60 ? "\(minutes)m\(seconds)" : "\(minutes / 60)h\(minutes % 60)m\(seconds)"
}
