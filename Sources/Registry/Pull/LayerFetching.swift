// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import Images
internal import Linux
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import OCI

/// Fetches layers into the store, several at a time. What comes is written once, to the partial blob,
/// and read by a process that verifies and unpacks it meanwhile. A fetch that was killed goes on where
/// it was.
struct LayerFetching: Sendable {
    let session: StoreSession
    let clients: [RegistryClient]
    let observer: any ProgressObserver
    /// How many layers are fetched and unpacked at once.
    static let mostAtOnce = 4

    /// Fetches what is not here; when one fails, the others are stopped.
    func fetch(_ layers: [PulledLayer]) async throws {
        var seen: Set<Digest> = []
        let distinct = layers.filter { seen.insert($0.blob.digest).inserted }
        var missing: [PulledLayer] = []
        for layer in distinct {
            let isHere = session.has(layer)
            observer.layer(layer.blob.digest, isHere ? .alreadyExists : .waiting)
            if !isHere { missing.append(layer) }
        }
        // The largest first, so that none is left alone at the end.
        var waiting = missing.sorted { $0.blob.size < $1.blob.size }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.mostAtOnce {
                if let layer = waiting.popLast() { group.addTask { try await fetch(layer) } }
            }
            while try await group.next() != nil {
                if let layer = waiting.popLast() { group.addTask { try await fetch(layer) } }
            }
        }
    }

    private func fetch(_ layer: PulledLayer) async throws {
        guard let blob = try await take(layer) else {
            return observer.layer(layer.blob.digest, .alreadyExists)
        }
        let before = try blob.size()
        do {
            guard before <= layer.blob.size else {
                throw LayerFailure(reason: "more than there should be", isContentWrong: true)
            }
            try await receive(layer, into: blob)
        } catch let failure as LayerFailure where failure.isContentWrong {
            blob.discard()
            // What lay here may have been torn by a power cut: once more, from the beginning.
            guard before > 0 else { throw RegistryError.invalid(failure.reason) }
            return try await fetch(layer)
        } catch let failure as LayerFailure {
            throw RegistryError.local(failure.reason)
        }
        observer.layer(layer.blob.digest, .pulled)
    }

    /// The layer's blob, to be fetched by us alone; nil when another pull has brought it meanwhile.
    private func take(_ layer: PulledLayer) async throws -> PartialBlob? {
        var isTold = false
        while true {
            if session.has(layer) { return nil }
            if let blob = try session.take(layer) {
                // It may have come between the look and the lock.
                guard session.has(layer) else { return blob }
                blob.discard()
                return nil
            }
            if !isTold { observer.layer(layer.blob.digest, .waitingForOther) }
            isTold = true
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func receive(_ layer: PulledLayer, into blob: PartialBlob) async throws {
        let process = try LayerProcess(
            LayerArrival(store: session.store, path: blob.path, layer: layer), blob: blob)
        let digest = layer.blob.digest
        let total = layer.blob.size
        let observer = observer
        let isWhole = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await process.wait { done in
                    if isWhole.isSet {
                        observer.layer(digest, .extracting(done: done, total: total))
                    }
                }
            }
            group.addTask {
                try await download(layer, into: blob, process)
                isWhole.set()
            }
            do { while try await group.next() != nil {} } catch {
                process.kill()
                throw error
            }
        }
    }

    private func download(
        _ layer: PulledLayer, into blob: PartialBlob, _ process: LayerProcess
    ) async throws {
        var download = BlobDownload(
            layer: layer, blob: blob, process: process, observer: observer,
            have: try blob.size())
        process.tell(download.have)
        var failures = 0
        var place = 0
        while download.have < layer.blob.size {
            let before = download.have
            let client = clients[min(place, clients.count - 1)]
            do {
                try await download.run(from: client)
            } catch let error as RegistryError {
                // What has come since counts: a line that breaks often still gets there.
                failures = download.have - before > 256 << 10 ? 1 : failures + 1
                switch error {
                case .unreachable: break
                case .noSuchBlob where place + 1 < clients.count: place += 1
                default: throw error
                }
                guard
                    let delay = client.policy.delay(
                        failures: failures, retryAfter: nil, chance: .random(in: 0...1))
                else { throw error }
                observer.layer(
                    layer.blob.digest, .retrying(inSeconds: Int(delay.rounded(.up))))
                try await Task.sleep(for: .seconds(delay))
            }
        }
        while !process.tell(download.have) { try await Task.sleep(for: .milliseconds(5)) }
    }
}

/// Something that becomes true once.
private final class Flag: Sendable {
    private let value = NIOLockedValueBox(false)
    var isSet: Bool { value.withLockedValue { $0 } }
    func set() { value.withLockedValue { $0 = true } }
}

/// One layer's bytes on their way into its partial blob.
struct BlobDownload {
    let layer: PulledLayer
    let blob: PartialBlob
    let process: LayerProcess
    let observer: any ProgressObserver
    /// Bytes that are here.
    var have: Int64
    private var told: Int64 = 0

    init(
        layer: PulledLayer, blob: PartialBlob, process: LayerProcess,
        observer: any ProgressObserver, have: Int64
    ) {
        self.layer = layer
        self.blob = blob
        self.process = process
        self.observer = observer
        self.have = have
    }

    private var size: Int64 { layer.blob.size }
    private var what: String { "blob \(layer.blob.digest.short)" }

    /// Asks for what is missing and takes it.
    mutating func run(from client: RegistryClient) async throws {
        let start = have
        let headers = start > 0 ? [("Range", "bytes=\(start)-")] : []
        let response = try await client.get("blobs/\(layer.blob.digest)", headers: headers)
        // Who does not know ranges sends all from the beginning: what we have is passed over.
        var passed: Int64 = 0
        switch response.status {
        case 200: passed = start
        case 206:
            guard response.header("content-range")?.hasPrefix("bytes \(start)-") ?? true else {
                throw RegistryError.invalid("\(what): the registry sent another range")
            }
        default: throw await client.blobRefusal(response, layer.blob)
        }
        if let text = response.header("content-length"), let length = Int64(text),
            length != size - start + passed
        {
            throw RegistryError.invalid(
                "\(what): size mismatch, \(length) bytes instead of \(size - start + passed)")
        }
        try await take(response, passing: passed, client.patience)
    }

    private mutating func take(
        _ response: Response, passing: Int64, _ patience: Patience
    ) async throws {
        var passing = Int(passing)
        var pace = Pace(patience)
        do {
            for try await piece in response.body {
                let skipped = min(passing, piece.readableBytes)
                passing -= skipped
                let count = Int64(piece.readableBytes - skipped)
                guard have + count <= size else {
                    throw RegistryError.invalid(
                        "\(what): size mismatch, more than \(size) bytes come")
                }
                try piece.withUnsafeReadableBytes { bytes in
                    try blob.write(
                        UnsafeRawBufferPointer(rebasing: bytes[skipped...]), at: have)
                }
                have += count
                tell()
                guard pace.keeps(adding: piece.readableBytes) else {
                    throw RegistryError.unreachable(what, reason: "timeout: too little comes")
                }
            }
        } catch {
            throw Transport.worded(error, what)
        }
        guard have == size else {
            throw RegistryError.unreachable(
                what, reason: "it ended after \(have) of \(size) bytes")
        }
    }

    private mutating func tell() {
        guard have - told >= 256 << 10 || have == size else { return }
        told = have
        process.tell(have)
        observer.layer(layer.blob.digest, .downloading(done: have, total: size))
    }
}

/// Sees that a body does not trickle for ever.
struct Pace {
    private let patience: Patience
    private var began = Clock.monotonic
    private var count: Int64 = 0

    init(_ patience: Patience) { self.patience = patience }

    /// Whether enough has come in the time that is over.
    mutating func keeps(adding bytes: Int) -> Bool {
        count += Int64(bytes)
        let now = Clock.monotonic
        guard now - began >= UInt64(patience.idle) * 1_000_000_000 else { return true }
        let isEnough = count >= patience.floor
        began = now
        count = 0
        return isEnough
    }
}
