// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux

/// Runs `body` in a process of its own with one thread, as the runtime asks for, and brings its
/// result or its error back. It is killed when it hangs; a slow machine has
/// `SWOCKER_TEST_PATIENCE` times as long.
///
/// The tests' process has many threads. A copy of it may have been made while another thread held a
/// lock of Swift's runtime (that of a global which it was making, for instance), which nobody gives
/// back in the copy: then another copy is made. No process of the runtime's has a second thread, so
/// none ever waits for a lock otherwise.
func alone(seconds: Double = 30, _ body: () throws -> Outcome) throws -> Outcome {
    let patience = getenv("SWOCKER_TEST_PATIENCE").flatMap { Double(String(cString: $0)) } ?? 1
    var polls = Int(seconds * patience * 2)
    while true {
        if let outcome = try inCopy(polls: &polls, body) { return outcome }
    }
}

/// The code of an outcome whose output is an error's text.
let errorCode: Int32 = 99

/// Nil when the copy waits for a lock of a thread that it does not have.
/// - Parameter polls: how many half seconds there are left.
private func inCopy(polls: inout Int, _ body: () throws -> Outcome) throws -> Outcome? {
    let pipe = try DescriptorPair.pipe()
    let writer = pipe.second.raw
    let child = try fork {
        do {
            let outcome = try body()
            try writeAll(Array(outcome.output.utf8), to: writer)
            return outcome.code
        } catch {
            try? writeAll(Array("\(error)".utf8), to: writer)
            return errorCode
        }
    }
    let reader = pipe.takeFirst()
    var ended = false
    var isLocked = false
    while !ended && !isLocked && polls > 0 {
        polls -= 1
        let wasLocked = try waitsForLock(process(of: child))
        ended = try child.isReadable(within: 500)
        isLocked = try !ended && wasLocked && waitsForLock(process(of: child))
    }
    if !ended { try child.send(signal: SIGKILL) }
    let end = try child.reap()
    let text = String(decoding: try reader.readAll(), as: UTF8.self)
    if isLocked { return nil }
    return Outcome(output: ended ? text : "it hangs; \(text)", code: end?.exitCode ?? -1)
}

/// The process's number (proc_pid_fdinfo(5)).
private func process(of pidfd: borrowing OwnedFD) throws -> String {
    let info = String(decoding: try contents(of: "/proc/self/fdinfo/\(pidfd.raw)"), as: UTF8.self)
    let line = info.split(separator: "\n").first { $0.hasPrefix("Pid:") }
    return line.map { String($0.dropFirst("Pid:\t".count)) } ?? "-1"
}

/// Whether the process or one that came from it is inside futex(2) (proc_pid_syscall(5)).
private func waitsForLock(_ pid: String) -> Bool {
    func words(_ name: String) -> [Substring] {
        let bytes = (try? contents(of: "/proc/\(pid)/\(name)")) ?? []
        return String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
    }
    return words("syscall").first == "\(futex)"
        || words("task/\(pid)/children").contains { waitsForLock(String($0)) }
}

/// The number of futex(2).
#if arch(x86_64)
    private let futex = 202
#else
    private let futex = 98
#endif
