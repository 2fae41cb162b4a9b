// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// What was typed and the container has not read yet.
struct InputQueue: ~Copyable {
    /// Beyond this, clients are not read, and wait as a pipe's writers do.
    static let limit = 64 * 1024

    private var descriptor: OwnedFD?
    private var bytes: [UInt8] = []
    private var closesWhenEmpty = false

    init(_ descriptor: consuming OwnedFD?) { self.descriptor = descriptor }

    /// Whether a client may be read: what it types can be kept.
    var hasRoom: Bool { bytes.count < InputQueue.limit }

    /// The descriptor to wait for room on; nil when nothing waits.
    var waiting: CInt? {
        if bytes.isEmpty { return nil }
        return raw
    }

    private var raw: CInt? {
        switch descriptor {
        case .some(let descriptor): descriptor.raw
        case nil: nil
        }
    }

    mutating func add(_ typed: UnsafeRawBufferPointer) {
        if descriptor == nil { return }
        bytes += typed
        flush()
    }

    /// No more will come: the container sees the end after it has read what waits.
    mutating func close() {
        closesWhenEmpty = true
        flush()
    }

    /// Writes what the container takes now. One that closed its input gets nothing more.
    mutating func flush() {
        guard let fd = raw else { return }
        var failure: Errno?
        var count = 0
        bytes.withUnsafeBytes { rest in
            do throws(Errno) {
                if !rest.isEmpty { count = try writeAvailable(rest, to: fd) }
            } catch { failure = error }
        }
        bytes.removeFirst(count)
        if failure != nil || (closesWhenEmpty && bytes.isEmpty) {
            descriptor = nil
            bytes = []
        }
    }
}
