// SPDX-License-Identifier: Apache-2.0

/// A container's passwd(5) and group(5) files.
struct UserDatabase {
    private let passwd: [[Substring]]
    private let group: [[Substring]]

    init(passwd: [UInt8], group: [UInt8]) {
        self.passwd = Self.entries(passwd)
        self.group = Self.entries(group)
    }

    private static func entries(_ bytes: [UInt8]) -> [[Substring]] {
        String(decoding: bytes, as: UTF8.self)
            .split(whereSeparator: \.isNewline)
            .map { $0.split(separator: ":", omittingEmptySubsequences: false) }
    }

    func home(of uid: UInt32) -> String? {
        passwd.first { $0.count >= 6 && UInt32($0[2]) == uid }.map { String($0[5]) }
    }

    /// Docker's rules for "name|uid[:group|gid]": a name must have an entry; a number may have one,
    /// which then gives the group and the supplementary groups; a group that is named replaces them.
    /// A number that does not fit 31 bits is no user: it must not wrap around to root.
    func identity(of text: String, groups extra: [String]) throws(RuntimeError) -> Identity {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let user = parts.first.map(String.init) ?? ""
        var identity = try account(user.isEmpty ? "0" : user)
        if parts.count == 2, !parts[1].isEmpty {
            identity.gid = try gid(of: String(parts[1]))
            identity.groups = []
        }
        for name in extra {
            let gid = try gid(of: name)
            if !identity.groups.contains(gid) { identity.groups.append(gid) }
        }
        return identity
    }

    private func account(_ user: String) throws(RuntimeError) -> Identity {
        let number = Self.id(user)
        let entry = passwd.first {
            $0.count >= 6 && ($0[0] == user || number != nil && Self.id(String($0[2])) == number)
        }
        guard let entry, let uid = Self.id(String(entry[2])) else {
            guard let number else { throw RuntimeError.noSuchUser(user) }
            return Identity(uid: number)
        }
        return Identity(
            uid: uid, gid: Self.id(String(entry[3])) ?? 0, groups: groups(of: entry[0]),
            home: String(entry[5]))
    }

    private func groups(of user: Substring) -> [UInt32] {
        group.compactMap { entry in
            guard entry.count >= 4, entry[3].split(separator: ",").contains(user) else { return nil }
            return Self.id(String(entry[2]))
        }
    }

    private func gid(of name: String) throws(RuntimeError) -> UInt32 {
        if let entry = group.first(where: { $0.count >= 3 && $0[0] == name }),
            let gid = Self.id(String(entry[2]))
        { return gid }
        guard let number = Self.id(name) else { throw RuntimeError.noSuchGroup(name) }
        return number
    }

    private static func id(_ text: String) -> UInt32? {
        guard let number = UInt32(text), number <= UInt32(Int32.max),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return number
    }
}
