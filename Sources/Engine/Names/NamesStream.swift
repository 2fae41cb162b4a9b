// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// A connection over which questions come, each behind its length (RFC 7766).
final class NamesStream {
    let socket: OwnedFD
    /// When it is given up.
    private(set) var deadline = Clock.monotonic + NamesStream.patience
    private(set) var isOver = false
    private var input: [UInt8] = []
    private var output: [UInt8] = []
    private var isAtEnd = false

    private static let patience: UInt64 = 10_000_000_000
    /// A question is short, and many at once are too many.
    private static let inputLimit = 4096
    private static let outputLimit = 128 << 10

    init(_ socket: consuming OwnedFD) { self.socket = socket }

    var interest: ReadySet.Interest {
        var interest: ReadySet.Interest = output.isEmpty ? [] : .writing
        if !isAtEnd { interest.insert(.reading) }
        return interest
    }

    /// Reads and writes what is possible now.
    /// - Returns: the messages that are whole.
    func proceed(_ buffer: inout [UInt8]) -> [[UInt8]] {
        let wasAtEnd = isAtEnd
        flush()
        let room = Self.inputLimit + 2 - input.count
        do throws(Errno) {
            let count = try InternetSocket.receive(
                over: socket.raw, into: &buffer, limit: max(room, 1))
            if count == 0 { end() }
            // With nothing to wait for, only its death is told.
            if wasAtEnd, output.isEmpty { isOver = true }
            input += buffer.prefix(count ?? 0)
        } catch { isOver = true }
        return takeMessages()
    }

    private func takeMessages() -> [[UInt8]] {
        var messages: [[UInt8]] = []
        while input.count >= 2 {
            let length = Int(input[0]) << 8 | Int(input[1])
            if length > Self.inputLimit { isOver = true }
            guard !isOver, input.count >= 2 + length else { break }
            messages.append(Array(input[2..<2 + length]))
            input.removeFirst(2 + length)
            deadline = Clock.monotonic + Self.patience
        }
        return messages
    }

    /// It sends no more; what it has asked for may still be under way to it.
    private func end() {
        isAtEnd = true
        if output.isEmpty { deadline = min(deadline, Clock.monotonic + 6_000_000_000) }
    }

    func send(_ message: [UInt8]) {
        guard message.count <= 65_535, output.count <= Self.outputLimit else {
            isOver = true
            return
        }
        output += [UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message
        flush()
    }

    private func flush() {
        guard !output.isEmpty, !isOver else { return }
        do throws(Errno) {
            output.removeFirst(try InternetSocket.send(output, over: socket.raw))
        } catch { isOver = true }
    }
}
