// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ContainerRuntime

struct UserDatabaseTests {
    static let passwd = """
        root:x:0:0:root:/root:/bin/sh
        bin:x:1:1::/bin:/bin/false
        user:x:1000:1000:A User:/home/user:/bin/sh\r
        # a comment: of:all:things
        1234:x:0:0:a name that is a number:/root:/bin/sh
        huge:x:4294967296:0::/:/bin/sh
        wide:x:4294967295:0::/:/bin/sh
        minus:x:-1:0::/:/bin/sh
        hugegroup:x:1001:4294967296::/:/bin/sh
        short:x:1002
        :x:1003:1003::/nameless:/bin/sh
        user:x:0:0:a second line that does not count:/root:/bin/sh
        """
    static let group = """
        root:x:0:
        wheel:x:10:root,user
        user:x:1000:
        audio:x:29:bin,user,userx
        777:x:0:user
        huge:x:4294967297:user
        short:x
        nomembers:x:55
        """
    let database = UserDatabase(passwd: Array(passwd.utf8), group: Array(group.utf8))

    private static func identity(
        _ uid: UInt32, _ gid: UInt32, _ groups: [UInt32], _ home: String?
    ) -> Identity { Identity(uid: uid, gid: gid, groups: groups, home: home) }

    @Test(arguments: [
        // Names and numbers; the group is among the groups (CVE-2022-36109).
        ("", [], identity(0, 0, [0, 10], "/root")),
        ("root", [], identity(0, 0, [0, 10], "/root")),
        ("0", [], identity(0, 0, [0, 10], "/root")),
        ("bin", [], identity(1, 1, [1, 29], "/bin")),
        // "777" is the name of a group that says 0: the member has it, the number has not.
        ("user", [], identity(1000, 1000, [1000, 10, 29, 0], "/home/user")),
        ("1000", [], identity(1000, 1000, [1000, 10, 29, 0], "/home/user")),
        ("01000", [], identity(1000, 1000, [1000, 10, 29, 0], "/home/user")),
        // A group that is named replaces the others.
        ("user:wheel", [], identity(1000, 10, [10], "/home/user")),
        ("user:4711", [], identity(1000, 4711, [4711], "/home/user")),
        ("user:", [], identity(1000, 1000, [1000, 10, 29, 0], "/home/user")),
        (":wheel", [], identity(0, 10, [10], "/root")),
        ("777:777", [], identity(777, 777, [777], nil)),
        // A number is an id, whatever a line is called (CVE-2016-3697).
        ("1234", [], identity(1234, 0, [0], nil)),
        ("4711", [], identity(4711, 0, [0], nil)),
        ("2147483647", [], identity(2_147_483_647, 0, [0], nil)),
        // Lines that are not whole do not count.
        ("1001", [], identity(1001, 0, [0], nil)),
        ("1002", [], identity(1002, 0, [0], nil)),
        // --group-add.
        ("user:wheel", ["audio", "99", "audio"], identity(1000, 10, [10, 29, 99], "/home/user")),
        ("4711", ["nomembers"], identity(4711, 0, [0, 55], nil)),
    ])
    func finds(_ text: String, _ groups: [String], _ identity: Identity) throws {
        #expect(try database.identity(of: text, groups: groups) == identity)
    }

    @Test(arguments: [
        ("nosuch", [], RuntimeError.noSuchUser("nosuch")), ("-1", [], .noSuchUser("-1")),
        ("+1000", [], .noSuchUser("+1000")), ("0x0", [], .noSuchUser("0x0")),
        (" 0", [], .noSuchUser(" 0")), ("٠", [], .noSuchUser("٠")),
        ("2147483648", [], .noSuchUser("2147483648")),
        ("4294967295", [], .noSuchUser("4294967295")),
        ("4294967296", [], .noSuchUser("4294967296")),
        ("18446744073709551616", [], .noSuchUser("18446744073709551616")),
        ("huge", [], .noSuchUser("huge")), ("wide", [], .noSuchUser("wide")),
        ("minus", [], .noSuchUser("minus")), ("short", [], .noSuchUser("short")),
        ("hugegroup", [], .noSuchUser("hugegroup")),
        ("# a comment", [], .noSuchUser("# a comment")),
        ("user:nosuch", [], .noSuchGroup("nosuch")), ("user:huge", [], .noSuchGroup("huge")),
        ("user:-1", [], .noSuchGroup("-1")), ("user:10:10", [], .noSuchGroup("10:10")),
        ("user:4294967296", [], .noSuchGroup("4294967296")),
        ("user", ["nosuch"], .noSuchGroup("nosuch")),
        ("user", ["4294967296"], .noSuchGroup("4294967296")),
    ])
    func refuses(_ text: String, _ groups: [String], _ error: RuntimeError) {
        #expect(throws: error) { try database.identity(of: text, groups: groups) }
    }

    @Test(arguments: [
        (0, "/root"), (1, "/bin"), (1000, "/home/user"), (1002, nil), (4711, nil),
    ])
    func knowsHomes(_ uid: UInt32, _ home: String?) { #expect(database.home(of: uid) == home) }

    @Test func livesWithoutFiles() throws {
        let database = UserDatabase(passwd: [], group: [])
        #expect(try database.identity(of: "", groups: []) == Identity(groups: [0]))
        let identity = try database.identity(of: "7:8", groups: [])
        #expect(identity == Identity(uid: 7, gid: 8, groups: [8]))
        #expect(throws: RuntimeError.noSuchUser("root")) {
            try database.identity(of: "root", groups: [])
        }
    }

    @Test func livesWithGarbage() throws {
        let garbage: [UInt8] = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let database = UserDatabase(passwd: garbage, group: garbage)
        #expect(try database.identity(of: "5", groups: []).uid == 5)
    }
}
