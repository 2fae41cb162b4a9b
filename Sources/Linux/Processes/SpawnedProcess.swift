// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A child process made without a copy of this one (posix_spawn(3)): the way for a process that has
/// threads. What it does not reap is left to whoever adopts it.
public struct SpawnedProcess: ~Copyable, Sendable {
    /// The child's pidfd.
    public let process: OwnedFD

    /// - Parameters:
    ///   - program: its first argument is looked for along PATH, unless `path` is given.
    ///   - path: the program's file.
    ///   - descriptors: which of ours it has, and as which numbers; of the others it has standard
    ///     input, output and error.
    public init(
        _ program: Program, at path: String? = nil, descriptors: [(ours: CInt, its: CInt)]
    ) throws(Errno) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (ours, its) in descriptors {
            posix_spawn_file_actions_adddup2(&actions, ours, its)
        }
        let first = max(STDERR_FILENO, descriptors.map(\.its).max() ?? 0) + 1
        _ = clinux_spawn_close_from(&actions, first)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var pid: pid_t = 0
        var failure: CInt = 0
        let name = path ?? program.arguments.first ?? ""
        try withCStrings(program.arguments) { arguments throws(Errno) in
            try withCStrings(program.environment) { environment throws(Errno) in
                failure =
                    path == nil
                    ? posix_spawnp(&pid, name, &actions, &attributes, arguments, environment)
                    : posix_spawn(&pid, name, &actions, &attributes, arguments, environment)
            }
        }
        guard failure == 0 else { throw Errno(rawValue: failure) }
        process = try OwnedFD.pidfd(of: pid)
    }

    /// Waits for its end.
    public func reap() throws(Errno) -> Termination {
        guard let end = try process.reap() else { throw .noChild }
        return end
    }

    /// Ends it at once; it is still to be reaped.
    public func kill() { try? process.send(signal: SIGKILL) }
}
