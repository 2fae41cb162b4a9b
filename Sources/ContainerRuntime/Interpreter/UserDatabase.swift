// SPDX-License-Identifier: Apache-2.0

/// A container's passwd(5) and group(5) files: data from a stranger, in which a line that is not
/// whole, or whose numbers are none, does not count.
struct UserDatabase {
    private typealias Text = ArraySlice<UInt8>

    private struct Account {
        var name: Text
        var uid: UInt32
        var gid: UInt32
        var home: Text
    }

    private struct Group {
        var name: Text
        var gid: UInt32
        var members: Text
    }

    private let accounts: [Account]
    private let groups: [Group]

    init(passwd: [UInt8], group: [UInt8]) {
        accounts = Self.entries(passwd).compactMap { fields in
            guard fields.count >= 6, !fields[0].isEmpty, let uid = Self.id(fields[2]),
                let gid = Self.id(fields[3])
            else { return nil }
            return Account(name: fields[0], uid: uid, gid: gid, home: fields[5])
        }
        groups = Self.entries(group).compactMap { fields in
            guard fields.count >= 3, !fields[0].isEmpty, let gid = Self.id(fields[2]) else {
                return nil
            }
            return Group(name: fields[0], gid: gid, members: fields.count > 3 ? fields[3] : [])
        }
    }

    private static func entries(_ bytes: [UInt8]) -> [[Text]] {
        bytes.split(separator: UInt8(ascii: "\n")).map { line in
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            return line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        }
    }

    func home(of uid: UInt32) -> String? {
        accounts.first { $0.uid == uid }.map { String(decoding: $0.home, as: UTF8.self) }
    }

    /// Docker's rules for "name|uid[:group|gid]": a name must have an entry; a number may have one,
    /// which then gives the group and the supplementary groups; a group that is named replaces
    /// them.
    ///
    /// A number is always an id, never the name of an entry that says otherwise (CVE-2016-3697),
    /// and one that does not fit 31 bits is no user: it must not wrap around to root. The group is
    /// among the supplementary ones too, so that giving it up changes nothing (CVE-2022-36109).
    func identity(of text: String, groups extra: [String]) throws(RuntimeError) -> Identity {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let user = parts.first.map(String.init) ?? ""
        var identity = try account(user.isEmpty ? "0" : user)
        if parts.count == 2, !parts[1].isEmpty {
            identity.gid = try gid(of: String(parts[1]))
            identity.groups = []
        }
        var further = [identity.gid] + identity.groups
        for name in extra { further.append(try gid(of: name)) }
        identity.groups = further.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        return identity
    }

    private func account(_ user: String) throws(RuntimeError) -> Identity {
        let name = Array(user.utf8)[...]
        let number = Self.id(name)
        let found =
            if let number { accounts.first { $0.uid == number } } else {
                accounts.first { $0.name == name }
            }
        guard let found else {
            guard let number else { throw RuntimeError.noSuchUser(user) }
            return Identity(uid: number)
        }
        return Identity(
            uid: found.uid, gid: found.gid, groups: groups(of: found.name),
            home: String(decoding: found.home, as: UTF8.self))
    }

    private func groups(of user: Text) -> [UInt32] {
        groups.filter { $0.members.split(separator: UInt8(ascii: ",")).contains(user) }.map(\.gid)
    }

    private func gid(of text: String) throws(RuntimeError) -> UInt32 {
        let name = Array(text.utf8)[...]
        if let number = Self.id(name) { return number }
        guard let entry = groups.first(where: { $0.name == name }) else {
            throw RuntimeError.noSuchGroup(text)
        }
        return entry.gid
    }

    /// Decimal digits that fit 31 bits.
    private static func id(_ text: Text) -> UInt32? {
        guard !text.isEmpty, text.count <= 10 else { return nil }
        var number: UInt64 = 0
        for byte in text {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            number = number * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        return number <= UInt64(Int32.max) ? UInt32(number) : nil
    }
}
