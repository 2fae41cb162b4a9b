// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Linux
public import OCI

/// The work on one layer while its blob still arrives, in a process of its own: verify its digests,
/// unpack it, and bring both to their places. It reads the partial blob behind who writes it, so the
/// bytes are written once and mostly read from memory.
///
/// The process has the blob, open and locked, as descriptor 3; on standard input it is told how many
/// bytes have come, as 64-bit numbers; on standard output it answers in lines.
public struct LayerArrival: Codable, Sendable {
    public let root: String
    /// The partial blob.
    public let path: String
    public let blob: Digest
    public let size: Int64
    public let diffID: Digest

    /// The descriptor of the blob.
    public static let blobDescriptor: CInt = 3

    public init(store: ImageStore, path: String, layer: PulledLayer) {
        root = store.root
        self.path = path
        blob = layer.blob.digest
        size = layer.blob.size
        diffID = layer.diffID
    }

    /// What the process tells, one line each.
    public enum Message: Equatable, Sendable {
        /// Bytes of the blob that are worked off.
        case progress(Int64)
        case done
        /// What came is not what was promised.
        case wrong(String)
        /// The kernel refused something: the bytes may be right.
        case refused(String)

        /// The line, with its end.
        var line: [UInt8] {
            let text =
                switch self {
                case .progress(let count): "p\(count)"
                case .done: "d"
                case .wrong(let reason): "w\(reason)"
                case .refused(let reason): "k\(reason)"
                }
            return text.utf8.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 } + [0x0A]
        }

        /// Parses a line without its end; nil for what is none.
        public init?(line: some Collection<UInt8>) {
            let rest = String(decoding: line.dropFirst(), as: UTF8.self)
            switch line.first {
            case UInt8(ascii: "p"):
                guard let count = Int64(rest) else { return nil }
                self = .progress(count)
            case UInt8(ascii: "d"): self = .done
            case UInt8(ascii: "w"): self = .wrong(rest)
            case UInt8(ascii: "k"): self = .refused(rest)
            default: return nil
            }
        }
    }

    /// The process's whole life.
    public func run() -> Int32 {
        do {
            try unpack()
            tell(.done)
            return 0
        } catch let error as KernelError {
            tell(.refused("\(error)"))
        } catch let error as ArchiveError {
            let text = "layer \(blob.short): \(error)"
            tell(error.errno == nil ? .wrong(text) : .refused(text))
        } catch {
            tell(.wrong("\(error)"))
        }
        return 1
    }

    private func tell(_ message: Message) { try? writeAll(message.line, to: STDOUT_FILENO) }

    private func unpack() throws {
        let store = ImageStore(root: root)
        // Who started us may die; what we use must stay nevertheless.
        let lock = try FileLock.waiting(store.lockPath, .shared)
        defer { withExtendedLifetime(lock) {} }
        let ingest = try IngestDirectory(in: store.ingest)
        let pass = LayerPass(store: store, directory: ingest.path, limit: Self.limit(size))
        let source = ArrivingFile(Self.blobDescriptor, size: size, signals: STDIN_FILENO)
        var told: Int64 = 0
        let result: LayerPass.Result
        do {
            result = try pass.run(source, existing: path, keepsStream: true) { done in
                guard done - told >= 1 << 20 || done == size else { return }
                told = done
                tell(.progress(done))
            }
        } catch let error as ArchiveError where error.errno == nil {
            try compare(source)
            throw error
        }
        guard result.streamDigest == blob else { throw Self.mismatch(blob, result.streamDigest) }
        guard result.diffID == diffID else {
            throw ImageError.invalidArchive(
                "layer \(blob): unpacked digest mismatch, content is \(result.diffID) instead of"
                    + " \(diffID)")
        }
        try pass.publish(result)
    }

    /// Of a blob that cannot be unpacked, whether it is the one that was promised at all.
    private func compare(_ source: ArrivingFile) throws {
        try source.drain()
        let whole = DigestingSource(FileRange(Self.blobDescriptor, length: size))
        try whole.drain()
        let content = whole.finish()
        guard content == blob else { throw Self.mismatch(blob, content) }
    }

    private static func mismatch(_ blob: Digest, _ content: Digest) -> ImageError {
        .invalidArchive("layer \(blob): digest mismatch, content is \(content)")
    }

    /// The most that a layer of so many bytes may unpack to: gzip gets a thousand to one out of
    /// zeros, real layers ten.
    static func limit(_ size: Int64) -> Int64 {
        let (product, overflow) = size.multipliedReportingOverflow(by: 200)
        return overflow ? .max : max(product, 1 << 30)
    }
}

/// A file that another process still writes, read behind it.
final class ArrivingFile: ByteSource {
    private let file: CInt
    private let size: Int64
    private let signals: CInt
    private var offset: Int64 = 0
    private var available: Int64 = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: FileRange.pieceSize, alignment: 4096)

    /// - Parameter signals: a pipe on which the writer tells how many bytes there are.
    init(_ file: CInt, size: Int64, signals: CInt) {
        self.file = file
        self.size = size
        self.signals = signals
    }

    deinit { buffer.deallocate() }

    func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        guard offset < size else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        while available <= offset { available = min(size, try waitForMore()) }
        let wanted = min(Int(available - offset), buffer.count)
        let (file, offset, start) = (file, offset, buffer.baseAddress)
        let count = try Self.reading { () throws(Errno) in
            try syscall { pread(file, start, wanted, off_t(offset)) }
        }
        guard count > 0 else { throw .truncated }
        self.offset += Int64(count)
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    /// The last of the numbers that have come.
    private func waitForMore() throws(ArchiveError) -> Int64 {
        var numbers = [Int64](repeating: 0, count: 64)
        let (signals, room) = (signals, numbers.count * 8)
        let count = try Self.reading { () throws(Errno) in
            try syscall { read(signals, &numbers, room) }
        }
        guard count >= 8 else { throw .truncated }
        return numbers[count / 8 - 1]
    }

    private static func reading(_ body: () throws(Errno) -> Int) throws(ArchiveError) -> Int {
        do { return try body() } catch {
            throw .kernel(KernelError(action: "read blob", errno: error))
        }
    }
}
