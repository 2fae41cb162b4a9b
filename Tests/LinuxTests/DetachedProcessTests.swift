// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

struct DetachedProcessTests {
    /// The child tells what it is: it leads a session, lives in "/", and has nothing open but the
    /// three standard descriptors, which are /dev/null, and what it was given.
    @Test func keepsOnlyWhatItIsGiven() throws {
        let report = try DescriptorPair.pipe()
        let other = try DescriptorPair.pipe()
        let (kept, lost) = (report.second.raw, other.first.raw)
        let pid = try DetachedProcess.fork(name: "test", keeping: [kept]) {
            let facts: [UInt8] = [
                getsid(0) == getpid() ? 1 : 0,
                fcntl(lost, F_GETFD) == -1 ? 1 : 0,
                (0...2).allSatisfy { fcntl($0, F_GETFD) != -1 } && !isTerminal(0) ? 1 : 0,
            ]
            return (try? writeAll(facts, to: kept)) == nil ? 1 : 0
        }
        close((consume report.second).release())
        #expect(try report.first.readAll() == [1, 1, 1])
        var status: CInt = 0
        #expect(waitpid(pid, &status, 0) == pid)
        #expect(status == 0)
        _ = consume other
    }

    @Test func theResultIsTheExitCode() throws {
        let pid = try DetachedProcess.fork(name: "test", keeping: []) { 7 }
        #expect(try OwnedFD.pidfd(of: pid).reap() == .exited(code: 7))
    }
}
