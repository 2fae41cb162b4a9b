// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// Anonymous memory that costs nothing while it is idle: pages come with the first byte and go back
/// to the kernel with `rest()`.
struct PageBuffer: ~Copyable {
    let bytes: UnsafeMutableRawBufferPointer

    /// - Parameter size: in bytes.
    init(size: Int) throws(KernelError) {
        let address = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let address, address != MAP_FAILED else {
            throw KernelError(action: "allocate \(size) bytes", errno: .noMemory)
        }
        bytes = UnsafeMutableRawBufferPointer(start: address, count: size)
    }

    deinit { munmap(bytes.baseAddress, bytes.count) }

    /// Gives the pages back; the content is lost.
    func rest() { madvise(bytes.baseAddress, bytes.count, MADV_DONTNEED) }
}

/// The room for one chunk of output on its way from the container to the log and the clients: the
/// payload with the log record's header before and its trailer behind, so that one write takes all.
struct ChunkBuffer: ~Copyable {
    private let pages: PageBuffer

    init() throws(KernelError) { pages = try PageBuffer(size: LogRecord.maximumSize) }

    /// Where read(2) puts the output.
    var payload: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            rebasing: pages.bytes[LogRecord.headerSize...][..<payloadEnd])
    }

    private var payloadEnd: Int { LogRecord.headerSize + LogRecord.maximumPayload }

    /// The whole record around a payload of `count` bytes.
    func record(of count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: pages.bytes[..<(count + LogRecord.overhead)])
    }

    /// The payload of `count` bytes with `extra` bytes of room before it.
    func payload(of count: Int, precededBy extra: Int) -> UnsafeMutableRawBufferPointer {
        let start = LogRecord.headerSize - extra
        return UnsafeMutableRawBufferPointer(
            rebasing: pages.bytes[start..<(LogRecord.headerSize + count)])
    }

    func rest() { pages.rest() }
}
