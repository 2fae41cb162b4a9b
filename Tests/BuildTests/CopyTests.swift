// SPDX-License-Identifier: Apache-2.0

import Archive
import ArchiveFixtures
import Glibc
import Linux
import OCI
import Testing

@testable import Build

/// Which files come where, and that nothing leads out of its tree.
struct CopyTests {
    private let directories: (TemporaryDirectory, TemporaryDirectory)
    private var context: String { directories.0.path }
    private var image: String { directories.1.path }

    init() throws {
        directories = (try TemporaryDirectory(), try TemporaryDirectory())
        for (path, text) in [
            ("a", "1"), ("b.txt", "2"), ("c.txt", "3"), ("d/e", "4"), ("d/f/g", "5"),
            ("d/f/skip", "6"), (".hidden", "7"),
        ] {
            let parent = "\(context)/\(path)".split(separator: "/").dropLast()
            try makeDirectories("/" + parent.joined(separator: "/"))
            try replaceFile("\(context)/\(path)", with: Array(text.utf8))
        }
        symlink("d/e", "\(context)/link")
        symlink("../../../../../../../etc/hostname", "\(context)/up")
        symlink("/d", "\(context)/absolute")
        for path in ["usr/lib", "there"] { try makeDirectories("\(image)/\(path)") }
        chmod("\(image)/there", 0o1777)
        symlink("usr/lib", "\(image)/lib")
        symlink("/../../there", "\(image)/out")
        try replaceFile("\(image)/file", with: [])
    }

    private func tree(_ path: String, _ rules: IgnoreRules = IgnoreRules()) throws -> FileTree {
        let directory = try OwnedFD.open(path, O_RDONLY | O_DIRECTORY)
        return FileTree(root: LayerDirectory(plain: directory), rules: rules)
    }

    private func plan(
        _ sources: String, _ destination: String, ignoring rules: String = "",
        parents: Bool = false, excluding excluded: [String] = []
    ) throws -> CopyPlan {
        var plan = try CopyPlan(
            sources.split(separator: " ").map(String.init), documents: [], to: destination,
            in: "/work", from: try tree(context, try IgnoreRules(parsing: rules)),
            onto: try tree(image), keepsParents: parents, keyword: "COPY")
        plan.excluded = try IgnoreRules(patterns: excluded)
        return plan
    }

    private func paths(_ plan: CopyPlan) throws -> [String] {
        let entries = CopyEntries(plan)
        var paths: [String] = []
        while let (entry, _) = try entries.next() {
            paths.append(String(decoding: entry.path, as: UTF8.self))
        }
        return paths
    }

    @Test(arguments: [
        ("a", "/new", "new"), ("a", "/new/", "new new/a"), ("a", "/there", "there there/a"),
        ("a", "/there/x/", "there there/x there/x/a"), ("a", "x", "work work/x"),
        ("a", ".", "work work/a"), ("d", "/x", "x x/e x/f x/f/g x/f/skip"),
        ("d/", "/there/", "there there/e there/f there/f/g there/f/skip"),
        ("*.txt", "/x/", "x x/b.txt x/c.txt"), ("d/*/g", "/g", "g"), ("*.none", "/x/", ""),
        ("a", "/lib/", "usr usr/lib usr/lib/a"), ("a", "/out/", "there there/a"),
        ("a", "/file", "file"), ("a b.txt", "/x/", "x x/a x/b.txt"), ("link", "/x", "x"),
        ("absolute", "/x", "x x/e x/f x/f/g x/f/skip"), ("../../a", "/x", "x"),
        ("/a", "/x", "x"), ("d/f/../e", "/x", "x"),
    ])
    func places(_ sources: String, _ destination: String, _ expected: String) throws {
        #expect(try paths(try plan(sources, destination)).joined(separator: " ") == expected)
    }

    @Test func rules() throws {
        let all = try paths(try plan(".", "/x", ignoring: "*\n!d/f\n!b.txt"))
        #expect(all == ["x", "x/b.txt", "x/d", "x/d/f", "x/d/f/g", "x/d/f/skip"])
        let most = try paths(try plan("d", "/x", excluding: ["f/s*", "e"]))
        #expect(most == ["x", "x/f", "x/f/g"])
        #expect(
            try paths(try plan("d/f/g a", "/x/", parents: true))
                == ["x", "x/d", "x/d/f", "x/d/f/g", "x/a"])
        #expect(
            try paths(try plan("d/./f/g", "/x/", parents: true)) == ["x", "x/f", "x/f/g"])
    }

    @Test(arguments: ["none", "up", "a/b", "d/none", "../../etc/passwd"])
    func missing(_ source: String) {
        #expect(throws: DockerfileError.self) { try plan(source, "/x") }
    }

    @Test func whatIsThereStays() throws {
        let entries = CopyEntries(try plan("a", "/there/"))
        let first = try entries.next()?.entry
        #expect(first?.mode == 0o1777)
        #expect(throws: ArchiveError.self) { try paths(try plan("d", "/file")) }
        // A directory over a link of the image would take the link away.
        try makeDirectories("\(context)/tree/lib")
        #expect(throws: ArchiveError.self) { try paths(try plan("tree", "/")) }
        try replaceFile("\(context)/.wh.x", with: [])
        #expect(throws: ArchiveError.self) { try paths(try plan(".", "/x")) }
    }

    private func fingerprint() throws -> Digest {
        var print = try Fingerprint(of: CopyEntries(try plan("d", "/x")))
        return print.finish()
    }

    @Test func fingerprints() throws {
        let before = try fingerprint()
        var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        utimensat(AT_FDCWD, "\(context)/d/e", &times, 0)
        #expect(try fingerprint() == before)
        chmod("\(context)/d/e", 0o600)
        let mode = try fingerprint()
        #expect(mode != before)
        try replaceFile("\(context)/d/e", with: Array("9".utf8), mode: 0o600)
        #expect(try fingerprint() != mode)
    }

    @Test func hardLinksStay() throws {
        link("\(context)/d/e", "\(context)/d/z")
        let entries = CopyEntries(try plan("d", "/x"))
        var kinds: [String: TarEntry.Kind] = [:]
        while let (entry, _) = try entries.next() {
            kinds[String(decoding: entry.path, as: UTF8.self)] = entry.kind
        }
        #expect(kinds["x/z"] == .hardLink(Array("x/e".utf8)))
    }

    @Test(arguments: [
        ("755", 0o644, false, 0o755), ("u=rwX,go=rX", 0o600, false, 0o644),
        ("u=rwX,go=rX", 0o700, true, 0o755), ("+x", 0o644, false, 0o755),
        ("go-rwx", 0o777, false, 0o700), ("a=r", 0o777, false, 0o444),
        ("u+s", 0o755, false, 0o4755),
    ])
    func modes(_ text: String, _ mode: UInt32, _ isDirectory: Bool, _ expected: UInt32) throws {
        #expect(
            try ModeChange(parsing: text).applied(to: mode, isDirectory: isDirectory) == expected)
    }

    @Test(arguments: ["", "8", "77777", "u", "u=q", "x+y"])
    func badModes(_ text: String) {
        #expect(throws: DockerfileError.self) { try ModeChange(parsing: text) }
    }

    @Test func owners() throws {
        try makeDirectories("\(image)/etc")
        try replaceFile("\(image)/etc/passwd", with: Array("web:x:33:44::/:/\n".utf8))
        try replaceFile("\(image)/etc/group", with: Array("staff:x:50:\n".utf8))
        let tree = try tree(image)
        for (text, user, group) in [
            ("1", 1, 1), ("1:2", 1, 2), ("web", 33, 44), ("web:staff", 33, 50), ("5:staff", 5, 50),
        ] as [(String, UInt32, UInt32)] {
            let owner = try Owner(parsing: text, in: tree)
            #expect(owner.user == user && owner.group == group, "\(text)")
        }
        for text in ["nobody", "1:none", ":1", "1:", "4294967295"] {
            #expect(throws: DockerfileError.self) { try Owner(parsing: text, in: tree) }
        }
    }
}
