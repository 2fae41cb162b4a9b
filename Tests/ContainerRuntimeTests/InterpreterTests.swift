// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import OCI
import Testing

@testable import ContainerRuntime

struct MountOptionsTests {
    private static func options(_ words: [String], type: String? = nil) -> MountOptions {
        MountOptions(Spec.Mount("/x", type: type, source: nil, options: words))
    }

    @Test(
        arguments: [
            (
                ["ro", "nosuid", "nodev", "noexec"], [.readOnly, .noSetuid, .noDevices, .noExec], []
            ),
            (["ro", "rw"], [], .readOnly), (["rw", "ro"], .readOnly, []),
            (["nosuid", "suid", "nodev"], .noDevices, .noSetuid),
            (["noexec", "exec"], [], .noExec), (["noatime"], .noAccessTime, .accessTimeField),
            (["noatime", "strictatime"], .strictAccessTime, .accessTimeField),
            (["relatime"], [], .accessTimeField),
            (["nodiratime", "nosymfollow"], [.noDirectoryAccessTime, .noSymlinks], []),
            (["defaults", "async", "loud", "silent", "nomand", "noiversion"], [], []),
            (["noatime", "relatime"], [], .accessTimeField),
        ] as [([String], MountAttributes, MountAttributes)])
    func attributes(_ words: [String], _ set: MountAttributes, _ clear: MountAttributes) {
        let options = Self.options(words)
        #expect(options.change.set == set)
        #expect(options.change.clear == clear)
        #expect(options.data.isEmpty)
    }

    @Test(
        arguments: [
            (["bind"], nil, true, false), (["rbind"], nil, true, true), ([], "bind", true, false),
            (["rbind"], "bind", true, true), ([], "tmpfs", false, false),
        ] as [([String], String?, Bool, Bool)])
    func binds(_ words: [String], _ type: String?, isBind: Bool, recursive: Bool) {
        let options = Self.options(words, type: type)
        #expect(options.isBind == isBind)
        #expect(options.recursive == recursive)
    }

    @Test(arguments: [
        ("private", Propagation.private), ("rprivate", .private), ("shared", .shared),
        ("rshared", .shared), ("slave", .slave), ("rslave", .slave), ("unbindable", .unbindable),
        ("ro", nil), ("r", nil),
    ])
    func propagation(_ word: String, _ propagation: Propagation?) {
        let options = Self.options([word])
        #expect(options.change.propagation == propagation)
        #expect(propagation == nil || options.change.propagatesRecursively == word.hasPrefix("r"))
    }

    @Test func leavesTheRestToTheFileSystem() {
        let options = Self.options(["size=64m", "nosuid", "mode=1777", "tmpcopyup", "rro"])
        #expect(options.data == ["size=64m", "mode=1777"])
        #expect(options.copiesUp)
        #expect(options.change.set == .noSetuid && options.change.recursiveSet == .readOnly)
    }

    @Test(
        arguments: [
            (["rro", "rnosuid"], [.readOnly, .noSetuid], []), (["rro", "rrw"], [], .readOnly),
            (["rnoatime"], .noAccessTime, .accessTimeField), (["rrelatime"], [], .accessTimeField),
            (["rnosymfollow", "rdev", "rexec"], .noSymlinks, [.noDevices, .noExec]),
        ] as [([String], MountAttributes, MountAttributes)])
    func recursiveAttributes(_ words: [String], _ set: MountAttributes, _ clear: MountAttributes) {
        let options = Self.options(words)
        #expect(options.change.recursiveSet == set && options.change.recursiveClear == clear)
        #expect(options.change.set == [] && options.change.clear == [] && options.data.isEmpty)
    }

    /// What `features` promises is what is understood; what goes to file systems is among it.
    @Test(arguments: MountOptions.known)
    func knowsItsOptions(_ word: String) {
        let toFilesystem = ["sync", "dirsync", "mand", "lazytime"].contains(word)
        #expect(Self.options([word]).data == (toFilesystem ? [word] : []))
    }
}

struct ProcessReportTests {
    private func failure(_ step: Int32, _ kind: StepFailure.Kind, _ errno: Errno) -> [UInt8] {
        ProcessReport.Failure(step: step, failure: StepFailure(kind: kind, errno: errno)).bytes
    }

    @Test func travelsInAnyOrder() {
        #expect(ProcessReport([]).failure == nil && ProcessReport([]).sibling == nil)
        let sibling = ProcessReport.bytes(ofSibling: 4711)
        let failed = failure(3, .noSuchUser, .noEntry)
        for bytes in [sibling + failed, failed + sibling] {
            let report = ProcessReport(bytes)
            #expect(report.sibling == 4711)
            #expect(report.failure?.step == 3 && report.failure?.failure.kind == .noSuchUser)
        }
        #expect(ProcessReport(sibling).failure == nil)
    }

    @Test(arguments: [1, 11, 13, 30])
    func isNotCutShort(_ count: Int) {
        let bytes = [UInt8](repeating: 0, count: count)
        #expect(ProcessReport(bytes).failure?.failure.errno == .io)
    }

    /// The words for a step that failed, as Docker has them where scripts look.
    @Test(
        arguments: [
            (
                .execute(arguments: ["x"], environment: [], umask: 0), .kernel, .noEntry,
                "exec: \"x\": executable file not found in $PATH"
            ),
            (
                .execute(arguments: ["/x"], environment: [], umask: 0), .kernel, .accessDenied,
                "exec: \"/x\": permission denied"
            ),
            (
                .identify(.named("u:g", groups: [])), .noSuchUser, .noEntry,
                "unable to find user u: no matching entries in passwd file"
            ),
            (
                .identify(.named("u:g", groups: [])), .noSuchGroup, .noEntry,
                "unable to find group g: no matching entries in group file"
            ),
            (
                .enterWorkingDirectory("/w", asRoot: true), .kernel, .notDirectory,
                "chdir to cwd (\"/w\") set in config.json failed: not a directory"
            ),
            (
                .joinNamespace(.container, .mount), .kernel, .noProcess,
                "join CLONE_NEWNS: no such process"
            ),
        ] as [(KernelStep, StepFailure.Kind, Errno, String)])
    func isWorded(_ step: KernelStep, _ kind: StepFailure.Kind, _ errno: Errno, _ text: String) {
        var plan = Plan()
        plan.inside = [.newSession, step]
        let failure = ProcessReport.Failure(
            step: 1, failure: StepFailure(kind: kind, errno: errno))
        #expect("\(failure.error(in: plan))" == text)
    }
}

/// A root file system that wants out.
final class RootPathTests {
    private let base: String
    private let root: OwnedFD
    private var paths: RootPath { RootPath(root: root.raw) }

    init() throws {
        var template = Array("/tmp/swocker-root.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        base = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try makeDirectories("\(base)/root/etc/real")
        try makeDirectory("\(base)/outside")
        try replaceFile("\(base)/outside/file", with: [])
        try replaceFile("\(base)/root/file", with: [])
        for (name, target) in [
            ("absolute", "\(base)/outside"), ("relative", "../outside"), ("up", "../../../../.."),
            ("proc", "/etc"), ("dangling", "nowhere/at/all"), ("dangling-absolute", "/nowhere"),
            ("loop", "loop"), ("good", "/etc/real"), ("magic", "/proc/self/cwd"),
        ] { symlink(target, "\(base)/root/\(name)") }
        root = try OwnedFD.open("\(base)/root", O_RDONLY | O_DIRECTORY)
    }

    deinit { try? removeTree(base) }

    private func identity(_ fd: borrowing OwnedFD) -> ino_t {
        var status = stat()
        fstat(fd.raw, &status)
        return status.st_ino
    }

    private func identity(_ path: String) -> ino_t {
        var status = stat()
        stat("\(base)/\(path)", &status)
        return status.st_ino
    }

    @Test(arguments: [
        ("/etc/real", "root/etc/real"), ("/good", "root/etc/real"), ("/proc", "root/etc"),
        ("/proc/real", "root/etc/real"), ("/up", "root"), ("/../..", "root"),
        ("/../../etc", "root/etc"), ("/up/up/etc/../etc/real", "root/etc/real"),
        ("/", "root"), ("etc", "root/etc"), ("/etc/", "root/etc"),
    ])
    func staysInside(_ path: String, _ real: String) throws {
        #expect(identity(try paths.makeDirectory(path)) == identity(real))
    }

    @Test(arguments: [
        "/absolute", "/dangling", "/dangling-absolute", "/relative", "/magic", "/loop",
    ])
    func makesNothingThroughLinksThatLeadNowhere(_ path: String) {
        #expect(throws: Errno.self) { _ = try self.paths.makeDirectory("\(path)/new") }
        #expect(throws: Errno.self) { _ = try self.paths.makeFile("\(path)/new") }
        #expect(throws: Errno.self) { _ = try self.paths.makeFile(path) }
        #expect((try? names(in: "\(base)/outside")) == ["file"])
        #expect(access("/nowhere", F_OK) != 0)
    }

    @Test(arguments: [
        ("/a/b/c", "root/a/b/c"), ("/good/new/er", "root/etc/real/new/er"),
        ("/../../d", "root/d"), ("/up/e/", "root/e"), ("relative-name", "root/relative-name"),
    ])
    func makesWhatIsAbsent(_ path: String, _ real: String) throws {
        let made = try paths.makeDirectory(path)
        #expect(identity(made) == identity(real))
        let file = try paths.makeFile("\(path)/file")
        #expect(identity(file) == identity("\(real)/file"))
        #expect(identity(try paths.makeFile("\(path)/file")) == identity(file))
    }

    @Test func refusesAFileInTheWay() {
        #expect(throws: Errno.notDirectory) { _ = try self.paths.makeDirectory("/file/below") }
        #expect(throws: Errno.notDirectory) { _ = try self.paths.makeDirectory("/file") }
    }

    @Test(arguments: [
        ("/a/b", "/a", "b"), ("/a", "/", "a"), ("a", ".", "a"), ("/a/b/", "/a", "b"),
        ("/", ".", ""), ("//a", "/", "a"),
    ])
    func splits(_ path: String, _ parent: String, _ name: String) {
        let parts = RootPath.split(path)
        #expect(parts.name == name)
        #expect(parts.parent == parent || parts.parent == "/" && parent == "/")
    }

    /// What is no procfs is not written to (CVE-2019-16884, CVE-2025-52881).
    @Test func knowsProcfs() throws {
        let raw = root.raw
        #expect(throws: Errno.self) { _ = try OwnedFD.openProc(beneath: raw) }
        unlink("\(base)/root/proc")
        try makeDirectories("\(base)/root/proc/sys")
        #expect(throws: Errno.invalid) { _ = try OwnedFD.openProc(beneath: raw) }
        let real = try OwnedFD.open("/", O_RDONLY | O_DIRECTORY)
        _ = try OwnedFD.openProc(beneath: real.raw)
    }
}
