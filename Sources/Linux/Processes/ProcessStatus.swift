// SPDX-License-Identifier: Apache-2.0

public import Glibc

/// What proc(5) tells of a process.
public struct ProcessStatus: Equatable, Sendable {
    /// The letter of `stat`: R, S, D, T, Z, X, …
    public let state: UInt8
    public let parent: pid_t
    /// Clock ticks since boot. With the pid it names one process for ever.
    public let started: UInt64

    /// A zombie has ended; only nobody has asked yet.
    public var isAlive: Bool { state != UInt8(ascii: "Z") && state != UInt8(ascii: "X") }

    /// Nil when there is no such process.
    public init?(of pid: pid_t) {
        guard pid > 0, let bytes = try? contents(of: "/proc/\(pid)/stat", limit: 4096) else {
            return nil
        }
        self.init(stat: bytes)
    }

    /// Parses a line of `stat`. The name in parentheses is the process's own choice and may hold
    /// anything, so the fields are counted from its last parenthesis.
    init?(stat bytes: [UInt8]) {
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let state = fields[0].first,
            let parent = pid_t(String(decoding: fields[1], as: UTF8.self)),
            let started = UInt64(String(decoding: fields[19], as: UTF8.self))
        else { return nil }
        self.state = state
        self.parent = parent
        self.started = started
    }
}
