// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import Glibc
internal import Linux
internal import NIOCore
internal import NIOHTTP1

/// What is asked of a server; it can be sent again.
struct Request: Sendable {
    var method = "GET"
    var address: WebAddress
    var headers: [(String, String)] = []
    var body = Body.none
    /// Whether redirects are followed here.
    var followsRedirects = true

    /// What is sent along.
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// A part of a file.
        case file(String, offset: Int64, length: Int64, progress: @Sendable (Int64) -> Void)

        func message() throws -> HTTPClientRequest.Body? {
            switch self {
            case .none: nil
            case .bytes(let bytes): .bytes(ByteBuffer(bytes: bytes))
            case .file(let path, let offset, let length, let progress):
                .stream(
                    try FilePieces(path, offset: offset, length: length, progress: progress),
                    length: .known(length))
            }
        }
    }
}

/// A part of a file as a sequence of pieces.
struct FilePieces: AsyncSequence, Sendable {
    private let file: OpenFile
    private let offset: Int64
    private let length: Int64
    private let progress: @Sendable (Int64) -> Void

    /// A descriptor that lives as long as the sequence.
    private final class OpenFile: Sendable {
        let descriptor: OwnedFD
        init(_ descriptor: consuming OwnedFD) { self.descriptor = descriptor }
    }

    init(
        _ path: String, offset: Int64, length: Int64, progress: @escaping @Sendable (Int64) -> Void
    ) throws {
        file = OpenFile(
            try attempting("open \(path)") { () throws(Errno) in
                try OwnedFD.open(path, O_RDONLY | O_NOFOLLOW)
            })
        self.offset = offset
        self.length = length
        self.progress = progress
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let pieces: FilePieces
        private var done: Int64 = 0

        fileprivate init(_ pieces: FilePieces) { self.pieces = pieces }

        mutating func next() async throws -> ByteBuffer? {
            let wanted = Int(Swift.min(pieces.length - done, 256 << 10))
            guard wanted > 0 else { return nil }
            var buffer = ByteBufferAllocator().buffer(capacity: wanted)
            let (raw, place) = (pieces.file.descriptor.raw, off_t(pieces.offset + done))
            let count = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) {
                room in
                try attempting("read blob") { () throws(Errno) in
                    try syscall { pread(raw, room.baseAddress, wanted, place) }
                }
            }
            guard count > 0 else { throw RegistryError.local("read blob: unexpected end") }
            done += Int64(count)
            pieces.progress(done)
            return buffer
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}

/// What a server answered; its body is still to be read.
struct Response: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: HTTPClientResponse.Body
    /// Where it came from, after redirects.
    let address: WebAddress
    let patience: Patience

    /// A header's first value.
    func header(_ name: String) -> String? { headers.first(name: name) }

    /// The whole body, at most `limit` bytes; `what` names it in errors.
    func bytes(limit: Int, _ what: String) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        var pace = Pace(patience)
        do {
            for try await piece in body {
                guard pace.keeps(adding: piece.readableBytes) else {
                    throw RegistryError.unreachable(what, reason: "timeout: too little comes")
                }
                guard bytes.count + piece.readableBytes <= limit else {
                    throw RegistryError.invalid("\(what): larger than \(limit) bytes")
                }
                bytes.append(contentsOf: piece.readableBytesView)
            }
        } catch {
            throw Transport.worded(error, what)
        }
        return bytes
    }

    /// Reads a small body away, so that the connection can be used again.
    func discard() async { _ = try? await bytes(limit: 64 << 10, "answer") }

    /// The registry's words, of an answer that is an error.
    func reason() async -> String {
        ErrorDocument((try? await bytes(limit: 64 << 10, "error")) ?? []).text
    }
}
