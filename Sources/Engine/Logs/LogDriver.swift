// SPDX-License-Identifier: Apache-2.0

/// Where the monitor puts what a container prints. There is one writer of a log, the monitor, and
/// any number of readers in other processes.
public protocol LogDriver: AnyObject {
    /// Where clients that lag read what has been appended, with a `LogCursor`; nil when the log does
    /// not give it back byte for byte.
    var readable: String? { get }
    /// The open descriptors.
    var descriptors: [CInt] { get }
    /// The oldest segment that would be left after appending a chunk of `count` bytes, where
    /// `readable` says that there are segments.
    func oldest(afterAppending count: Int) -> UInt64
    /// Appends one chunk.
    /// - Parameters:
    ///   - record: the payload with `LogRecord`'s room before and behind, which may be written to.
    ///   - time: nanoseconds since the epoch.
    /// - Returns: where the record stands, for a `LogCursor`; nil when nothing can be read there.
    func append(
        _ record: UnsafeMutableRawBufferPointer, from stream: LogStream, at time: UInt64
    ) -> LogPosition?
    /// The container's process has ended: when this returns, readers see all of its output.
    func finish()
    /// Nothing happens for a while: gives memory back.
    func rest()
}
