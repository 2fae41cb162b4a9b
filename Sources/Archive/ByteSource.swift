// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
public import OCI

/// A stream of bytes that is pulled, piece by piece. Sources are stacked: a file, its digest, what it
/// decompresses to, the digest of that.
public protocol ByteSource: AnyObject {
    /// The next piece, valid until the next call; empty at the end.
    func next() throws(ArchiveError) -> UnsafeRawBufferPointer
    /// Passes over up to `count` bytes if that costs less than reading them.
    /// - Returns: how many were passed over.
    func skip(_ count: Int64) throws(ArchiveError) -> Int64
}

extension ByteSource {
    /// Sources that cannot seek skip nothing; the caller reads on instead.
    public func skip(_ count: Int64) -> Int64 { 0 }

    /// Pulls the rest.
    public func drain() throws(ArchiveError) { while try !next().isEmpty {} }

    /// Pulls all, at most `limit` bytes; nil when there are more.
    public func bytes(limit: Int) throws(ArchiveError) -> [UInt8]? {
        var all: [UInt8] = []
        while true {
            let piece = try next()
            if piece.isEmpty { return all }
            guard all.count + piece.count <= limit else { return nil }
            all.append(contentsOf: piece)
        }
    }
}

/// A part of a file that can be read at any place: `length` bytes from `offset`. A file that ends
/// before is an error.
public final class FileRange: ByteSource {
    private let file: CInt
    private var offset: Int64
    private let end: Int64
    private let buffer: UnsafeMutableRawBufferPointer
    private let owner: AnyObject?

    /// Large enough to make calls few, small enough to stay in the second-level cache between
    /// reading, hashing and writing.
    public static let pieceSize = 256 << 10

    /// - Parameter owner: what keeps the descriptor open; nil when the caller sees to it.
    public init(_ file: CInt, offset: Int64 = 0, length: Int64, owner: AnyObject? = nil) {
        self.file = file
        self.owner = owner
        self.offset = offset
        end = offset + length
        buffer = .allocate(byteCount: Self.pieceSize, alignment: 4096)
    }

    deinit { buffer.deallocate() }

    public func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        let wanted = min(Int(end - offset), buffer.count)
        guard wanted > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let (file, offset, start) = (file, offset, buffer.baseAddress)
        let count = try reading { () throws(Errno) in
            try syscall { pread(file, start, wanted, off_t(offset)) }
        }
        guard count > 0 else { throw .truncated }
        self.offset += Int64(count)
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    /// Seeks forward inside the range.
    public func skip(_ count: Int64) -> Int64 {
        let count = min(count, end - offset)
        offset += count
        return count
    }
}

/// A pipe, or a file read from where it stands to its end.
public final class FileStream: ByteSource {
    private let file: CInt
    private let buffer: UnsafeMutableRawBufferPointer

    /// The descriptor is borrowed: it must stay open.
    public init(_ file: CInt) {
        self.file = file
        buffer = .allocate(byteCount: FileRange.pieceSize, alignment: 4096)
    }

    deinit { buffer.deallocate() }

    public func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        let (file, buffer) = (file, buffer)
        let count = try reading { () throws(Errno) in
            try syscall { read(file, buffer.baseAddress, buffer.count) }
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }
}

private func reading(_ body: () throws(Errno) -> Int) throws(ArchiveError) -> Int {
    do { return try body() } catch {
        throw .kernel(KernelError(action: "read archive", errno: error))
    }
}

/// Passes bytes on while it hashes and counts them, and copies them to a file if one is given.
public final class DigestingSource: ByteSource {
    private let upstream: any ByteSource
    private let copy: CInt?
    private var hash = SHA256()
    /// Bytes so far.
    public private(set) var count: Int64 = 0
    /// Called with the number of bytes so far.
    public var onProgress: ((Int64) -> Void)?

    /// - Parameter copy: a descriptor, borrowed, to which every byte is also written.
    public init(_ upstream: any ByteSource, copyTo copy: CInt? = nil) {
        self.upstream = upstream
        self.copy = copy
    }

    public func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        let piece = try upstream.next()
        hash.update(piece)
        count += Int64(piece.count)
        if let copy {
            do throws(Errno) { try writeAll(piece, to: copy) } catch {
                throw .kernel(KernelError(action: "write blob", errno: error))
            }
        }
        onProgress?(count)
        return piece
    }

    /// The digest of what has passed; call it once, at the end.
    public func finish() -> Digest { hash.finish() }
}

/// Passes bytes on up to a limit; one more is an error. What decompresses without end ends here.
public final class BoundedSource: ByteSource {
    private let upstream: any ByteSource
    private let limit: Int64
    private var count: Int64 = 0

    /// - Parameter limit: the most bytes that may come.
    public init(_ upstream: any ByteSource, limit: Int64) {
        self.upstream = upstream
        self.limit = limit
    }

    public func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        let piece = try upstream.next()
        count += Int64(piece.count)
        guard count <= limit else {
            throw .damaged(
                "it unpacks to more than \(limit) bytes, which its size does not warrant")
        }
        return piece
    }
}

/// The first bytes of a source, held back so that they can be looked at, then the rest.
public final class PeekedSource: ByteSource {
    /// What was pulled ahead.
    public let first: [UInt8]
    private let rest: any ByteSource
    private var buffer: UnsafeMutableRawBufferPointer?

    /// Pulls the first `count` bytes of `source`, fewer if there are no more.
    public init(_ source: any ByteSource, count: Int) throws(ArchiveError) {
        var first: [UInt8] = []
        while first.count < count {
            let piece = try source.next()
            if piece.isEmpty { break }
            first.append(contentsOf: piece)
        }
        self.first = first
        rest = source
    }

    deinit { buffer?.deallocate() }

    public func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        guard buffer == nil, !first.isEmpty else { return try rest.next() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: first.count, alignment: 1)
        buffer.copyBytes(from: first)
        self.buffer = buffer
        return UnsafeRawBufferPointer(buffer)
    }
}

extension ByteSource {
    /// Pulls all and writes it to a descriptor, which is borrowed.
    /// - Parameter progress: called with the bytes written so far.
    public func copy(
        to output: CInt, progress: ((Int64) -> Void)? = nil
    ) throws(ArchiveError) {
        var done: Int64 = 0
        while true {
            let piece = try next()
            if piece.isEmpty { return }
            do throws(Errno) { try writeAll(piece, to: output) } catch {
                throw .kernel(KernelError(action: "write", errno: error))
            }
            done += Int64(piece.count)
            progress?(done)
        }
    }
}
