// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

/// Who asked a container to end, and how: kept so that `why` can tell.
struct EndRequest: Codable, Equatable, Sendable {
    /// What was asked for, as the command is called.
    enum Verb: String, Codable, Sendable {
        case stop, kill, restart, remove, shutdown
        /// The health check's own doing (`--on-unhealthy`).
        case unhealthy
    }
    var verb: Verb
    /// The first signal.
    var signal: Int32
    /// The process that asked.
    var process: Int32
    /// The program that started that process: a shell, cron, systemd; empty when it is gone.
    var caller: String
    var uid: UInt32
    /// The user who called sudo; empty without.
    var user: String
    /// Nanoseconds since 1970.
    var time: Int64
    /// Whether no policy may start the container again.
    var isFinal: Bool
    /// Whether it is to be started again, whatever the policy.
    var wantsStart = false

    /// This process asks now.
    init(_ verb: Verb, signal: Int32, isFinal: Bool = true, wantsStart: Bool = false) {
        self.wantsStart = wantsStart
        self.verb = verb
        self.signal = signal
        self.isFinal = isFinal
        process = getpid()
        uid = getuid()
        user = getenv("SUDO_USER").map { String(cString: $0) } ?? ""
        let name = try? contents(of: "/proc/\(getppid())/comm", limit: 64)
        caller = String(decoding: (name ?? []).prefix { $0 != 10 }, as: UTF8.self)
        time = Timestamp.now.nanosecondsSinceEpoch
    }
}
