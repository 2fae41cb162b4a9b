// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a child does with its descriptors before it becomes the program.
struct SpawnActions: ~Copyable {
    fileprivate var raw = posix_spawn_file_actions_t()

    init() { posix_spawn_file_actions_init(&raw) }
    deinit {
        var raw = raw
        posix_spawn_file_actions_destroy(&raw)
    }

    mutating func open(_ path: String, _ flags: CInt, as descriptor: CInt) {
        posix_spawn_file_actions_addopen(&raw, descriptor, path, flags, 0o600)
    }

    mutating func duplicate(_ from: CInt, as descriptor: CInt) {
        posix_spawn_file_actions_adddup2(&raw, from, descriptor)
    }
}

/// Both ends of a pipe, closed in children that do not ask for them.
func makePipe() -> [CInt] {
    var ends: [CInt] = [-1, -1]
    precondition(pipe(&ends) == 0, "no more pipes")
    for descriptor in ends { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    return ends
}

/// Starts a program in a session of its own, with default signals. A program that cannot be started
/// is a broken test, not a result.
func spawn(
    _ arguments: [String], _ surroundings: Surroundings, _ actions: consuming SpawnActions
) -> pid_t {
    var arguments = arguments
    if let directory = surroundings.directory {
        arguments = ["env", "--chdir=\(directory)"] + arguments
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    let newSession: CInt = 0x80  // POSIX_SPAWN_SETSID
    posix_spawnattr_setflags(
        &attributes, Int16(CInt(POSIX_SPAWN_SETSIGDEF) | CInt(POSIX_SPAWN_SETSIGMASK) | newSession))
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)

    var argv = arguments.map { strdup($0) } + [nil]
    var envp = surroundings.environment.map { strdup($0) } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var pid: pid_t = 0
    let error = posix_spawnp(&pid, arguments[0], &actions.raw, &attributes, &argv, &envp)
    precondition(error == 0, "cannot start \(arguments[0]): \(String(cString: strerror(error)))")
    return pid
}
