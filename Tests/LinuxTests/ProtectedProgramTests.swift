// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Linux

/// CVE-2019-5736: what somebody who is root can do to a program file through /proc/PID/exe.
@Suite(.serialized)
struct ProtectedProgramTests {
    static let isPossible = geteuid() == 0 && access("/bin/busybox", X_OK) == 0

    enum Protection: CaseIterable {
        case none, readOnlyMount, sealedCopy
    }

    @Test(
        .enabled(if: isPossible, "needs root and /bin/busybox"),
        arguments: [
            (Protection.none, nil), (.readOnlyMount, Errno.readOnly), (.sealedCopy, .notPermitted),
        ])
    func writingToTheProgramOfAProcess(_ protection: Protection, is refused: Errno?) throws {
        var template = Array("/tmp/swocker-program.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let directory = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? removeTree(directory) }
        let path = "\(directory)/program"
        try replaceFile(path, with: try contents(of: "/bin/busybox"), mode: 0o755)

        let file = try OwnedFD.open(path)
        let program =
            switch protection {
            case .none: try file.duplicate()
            case .readOnlyMount: try ProtectedProgram.readOnlyMount(of: path)
            case .sealedCopy: try ProtectedProgram.sealedCopy(of: file.raw)
            }
        #expect(ProtectedProgram.isProtected(program.raw) == (protection != .none))
        // The pipe ends at the execve(2), so the number comes when the program runs.
        let pipe = try DescriptorPair.pipe()
        let (raw, writer) = (program.raw, pipe.second.raw)
        let child = try fork {
            try? writeAll(Array("\(getpid())".utf8), to: writer)
            try? ProtectedProgram.execute(raw, ["sleep", "60"])
            return 1
        }
        let reader = pipe.takeFirst()
        let pid = String(decoding: try reader.readAll(), as: UTF8.self)
        // What a hostile process keeps in hand until the program has ended.
        let kept = try OwnedFD.open("/proc/\(pid)/exe")
        try child.send(signal: SIGKILL)
        _ = try child.reap()

        var answer: Errno?
        do throws(Errno) {
            try OwnedFD.open("/proc/self/fd/\(kept.raw)", O_WRONLY).writeAll(Array("#!".utf8))
        } catch { answer = error }
        #expect(answer == refused)
        let intact = try contents(of: path) == contents(of: "/bin/busybox")
        #expect(intact == (protection != .none))
    }
}
