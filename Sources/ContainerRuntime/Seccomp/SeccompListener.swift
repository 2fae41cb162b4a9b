// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
public import OCI

/// Who decides on the calls that a filter leaves to another process: an agent that listens at a
/// Unix socket and is sent the filter's descriptor.
/// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#containerprocessstate
public struct SeccompListener: Equatable, Sendable {
    /// Absolute.
    public var socket: String
    public var metadata: String?
    public var state: StateDocument

    /// The agent of a profile; nil when the profile leaves nothing to one.
    public init?(_ seccomp: Seccomp, state: StateDocument) throws(SeccompProfileError) {
        guard seccomp.notifies else { return nil }
        guard let path = seccomp.listenerPath, path.hasPrefix("/") else {
            throw SeccompProfileError(
                description: "the seccomp action SCMP_ACT_NOTIFY needs an absolute listenerPath")
        }
        socket = path
        metadata = seccomp.listenerMetadata
        self.state = state
    }

    /// The message that carries the descriptor.
    func message(pid: Int32) -> JSONValue {
        var state = state
        if state.pid == 0 { state.pid = pid }
        var members: [(String, JSONValue)] = [
            ("ociVersion", .string(state.ociVersion)), ("fds", ["seccompFd"]),
            ("pid", .integer(Int64(pid))),
        ]
        if let metadata, !metadata.isEmpty { members.append(("metadata", .string(metadata))) }
        members.append(("state", state.json))
        return .object(JSONObject(members))
    }

    /// Fetches the descriptor from the process and sends it to the agent.
    func send(_ number: CInt, of pid: pid_t, over socket: CInt) throws(Errno) {
        let pidfd = try OwnedFD.pidfd(of: pid)
        let listener = try pidfd.descriptor(number)
        try DescriptorPassing.send(listener.raw, over: socket, with: message(pid: pid).bytes())
    }
}

/// A word of memory that the engine and the process share. The filter may already hold back every
/// system call of the process when it has the descriptor's number to tell; a store needs none.
final class SharedWord {
    private let word: UnsafeMutablePointer<Int32>

    /// Nil when the kernel gives no memory.
    init?() {
        let memory = mmap(
            nil, MemoryLayout<Int32>.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0
        )
        guard let memory, memory != MAP_FAILED else { return nil }
        word = memory.bindMemory(to: Int32.self, capacity: 1)
    }

    deinit { munmap(word, MemoryLayout<Int32>.size) }

    /// Stores the descriptor's number and waits until the engine has fetched it: execve(2) would
    /// close it. The clock is read without a system call (vdso(7)), and an engine that has died is
    /// not waited for for ever.
    func offer(_ number: Int32) throws(Errno) {
        value = number
        let deadline = Clock.monotonic + 30_000_000_000
        while value == number {
            if Clock.monotonic > deadline { throw Errno.noProcess }
        }
    }

    /// Says that the descriptor was fetched.
    func accept() { value = -1 }

    /// 0 until it is set.
    var value: Int32 {
        get { word.pointee }
        set { word.pointee = newValue }
    }
}
