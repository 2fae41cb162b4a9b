// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Images
internal import Linux
internal import NIOPosix
internal import OCI

/// The process that unpacks a layer while it arrives: this program again, without a thread.
public final class LayerProcess: Sendable {
    private let child: SpawnedProcess
    private let signals: OwnedFD
    private let answers: OwnedFD

    /// The word by which the program knows that it is one.
    public static let word = "unpack-layer"
    /// Threads that wait for answers, each for one process.
    private static let waiters: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: LayerFetching.mostAtOnce)
        pool.start()
        return pool
    }()

    init(_ arrival: LayerArrival, blob: PartialBlob) throws {
        let order = try arrival.json().text()
        let program = Program(
            ["swocker-registry", Self.word, order], environment: inheritedEnvironment())
        let to = try attempting("pipe") { () throws(Errno) in try DescriptorPair.pipe() }
        let from = try attempting("pipe") { () throws(Errno) in try DescriptorPair.pipe() }
        child = try attempting("start layer process") { () throws(Errno) in
            try SpawnedProcess(
                program, at: "/proc/self/exe",
                descriptors: [
                    (to.first.raw, STDIN_FILENO), (from.second.raw, STDOUT_FILENO),
                    (blob.raw, LayerArrival.blobDescriptor),
                ])
        }
        signals = to.takeSecond()
        answers = from.takeFirst()
        try? signals.setNonblocking(true)
    }

    /// Tells how many bytes have come.
    /// - Returns: false when it has not been heard, because the process is busy. One that has ended needs
    ///   to hear nothing.
    @discardableResult
    func tell(_ count: Int64) -> Bool {
        var count = count
        let raw = signals.raw
        do { _ = try syscall { write(raw, &count, 8) } } catch { return error != .wouldBlock }
        return true
    }

    /// Waits for its end.
    /// - Throws: `LayerFailure`, or `CancellationError` when it was ended by us.
    func wait(progress: @escaping @Sendable (Int64) -> Void) async throws {
        try await withTaskCancellationHandler {
            try await Self.waiters.runIfActive { try self.listen(progress) }
        } onCancel: {
            child.kill()
        }
    }

    private func listen(_ progress: (Int64) -> Void) throws {
        var last: LayerArrival.Message?
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        let raw = answers.raw
        while let count = try? syscall({ read(raw, &chunk, chunk.count) }), count > 0 {
            text += chunk.prefix(count)
            while let end = text.firstIndex(of: 0x0A) {
                last = LayerArrival.Message(line: text[..<end]) ?? last
                if case .progress(let done)? = last { progress(done) }
                text.removeSubrange(...end)
            }
        }
        let end = try attempting("wait for layer process") { () throws(Errno) in
            try child.reap()
        }
        switch last {
        case .done?: return
        case .wrong(let reason)?: throw LayerFailure(reason: reason, isContentWrong: true)
        case .refused(let reason)?: throw LayerFailure(reason: reason, isContentWrong: false)
        default:
            throw LayerFailure(
                reason: "layer process ended unexpectedly (exit code \(end.exitCode))",
                isContentWrong: false)
        }
    }

    /// Ends it at once.
    func kill() { child.kill() }
}

/// Why a layer could not be unpacked.
struct LayerFailure: Error, CustomStringConvertible {
    let reason: String
    /// Whether what came is not what was promised; else the kernel refused something.
    let isContentWrong: Bool
    var description: String { reason }
}
