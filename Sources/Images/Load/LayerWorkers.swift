// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

/// Runs the work on layers in child processes, a few at a time: parallel without threads, which would
/// make the forks to come unsafe.
struct LayerWorkers {
    private var waiting: [LayerIngest]
    private var running: [Worker] = []
    private var records: [Digest: LayerRecord] = [:]
    private let limit: Int
    private let report: (Digest, Int64) -> Void

    /// A child at work on one layer.
    private final class Worker {
        let diffID: Digest
        let process: OwnedFD
        let pipe: OwnedFD
        var text: [UInt8] = []

        init(_ diffID: Digest, _ process: consuming OwnedFD, _ pipe: consuming OwnedFD) {
            self.diffID = diffID
            self.process = process
            self.pipe = pipe
        }
    }

    /// What a child tells its parent, one line each.
    private enum Message {
        static let progress = UInt8(ascii: "p")
        static let done = UInt8(ascii: "d")
        static let failed = UInt8(ascii: "f")
    }

    /// - Parameters:
    ///   - limit: how many children at once.
    ///   - report: called with a layer and the bytes of it read so far.
    init(
        _ layers: [LayerIngest], limit: Int, report: @escaping (Digest, Int64) -> Void
    ) {
        // The largest first, so that none is left alone at the end. Taken from the back.
        waiting = layers.sorted { $0.plan.stored.length < $1.plan.stored.length }
        self.limit = max(1, limit)
        self.report = report
    }

    /// Waits for all. When one fails, the others are stopped.
    mutating func run() throws -> [Digest: LayerRecord] {
        defer { stop() }
        while !waiting.isEmpty || !running.isEmpty {
            while running.count < limit, let next = waiting.popLast() {
                running.append(try start(next))
            }
            try listen()
        }
        return records
    }

    private func start(_ layer: LayerIngest) throws -> Worker {
        try attempting("start layer worker") { () throws(Errno) in
            let pipe = try DescriptorPair.pipe()
            let output = pipe.second.raw
            let process = try fork { Self.work(on: layer, output) }
            return Worker(layer.plan.diffID, process, try pipe.first.duplicate())
        }
    }

    /// The child's life.
    private static func work(on layer: LayerIngest, _ output: CInt) -> Int32 {
        let step: Int64 = 4 << 20
        var next = step
        do {
            let record = try layer.run { done in
                guard done >= next else { return }
                next = done + step
                send(Message.progress, "\(done)", output)
            }
            send(Message.done, try record.json().text(), output)
            return 0
        } catch {
            send(Message.failed, "\(error)", output)
            return 1
        }
    }

    private static func send(_ kind: UInt8, _ text: String, _ output: CInt) {
        let line = text.utf8.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 }
        try? writeAll([kind] + line + [UInt8(ascii: "\n")], to: output)
    }

    private mutating func listen() throws {
        var entries = running.map { pollfd(fd: $0.pipe.raw, events: Int16(POLLIN), revents: 0) }
        try attempting("wait for layer workers") { () throws(Errno) in
            _ = try syscall { poll(&entries, nfds_t(entries.count), -1) }
        }
        for (worker, entry) in zip(running, entries) where entry.revents != 0 {
            if try !receive(from: worker) {
                running.removeAll { $0 === worker }
                try finish(worker)
            }
        }
    }

    /// - Returns: false once the child has closed its end.
    private mutating func receive(from worker: Worker) throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = try attempting("read from layer worker") { () throws(Errno) in
            let raw = worker.pipe.raw
            return try syscall { read(raw, &chunk, chunk.count) }
        }
        worker.text += chunk.prefix(count)
        while let end = worker.text.firstIndex(of: UInt8(ascii: "\n")) {
            let line = Array(worker.text[..<end])
            worker.text.removeSubrange(...end)
            try take(line, from: worker)
        }
        return count > 0
    }

    private mutating func take(_ line: [UInt8], from worker: Worker) throws {
        let text = String(decoding: line.dropFirst(), as: UTF8.self)
        switch line.first {
        case Message.progress: if let done = Int64(text) { report(worker.diffID, done) }
        case Message.done: records[worker.diffID] = try LayerRecord(json: Array(text.utf8))
        default: throw ImageError.invalidArchive(text)
        }
    }

    private func finish(_ worker: Worker) throws {
        let end = try attempting("wait for layer worker") { () throws(Errno) in
            try worker.process.reap()
        }
        guard records[worker.diffID] != nil else {
            let code = end?.exitCode ?? -1
            throw ImageError.invalidArchive(
                "layer \(worker.diffID.short): worker ended unexpectedly (exit code \(code))")
        }
    }

    private mutating func stop() {
        for worker in running {
            try? worker.process.send(signal: SIGKILL)
            _ = try? worker.process.reap()
        }
        running = []
    }
}
