// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import OCI

/// Whose files become, as `--chown` says it.
struct Owner: Equatable {
    var user: UInt32
    var group: UInt32

    static let root = Owner(user: 0, group: 0)

    /// - Parameters:
    ///   - text: `user[:group]`, names or numbers. A user alone brings the group of the same number, or
    ///     the one that its account has.
    ///   - tree: whose /etc/passwd and /etc/group are read, and only for names.
    init(parsing text: String, in tree: FileTree) throws(DockerfileError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            .map(String.init)
        guard let name = parts.first, !name.isEmpty, parts.last?.isEmpty == false else {
            throw DockerfileError("invalid user: \(text)")
        }
        var group: UInt32?
        if let number = UInt32(name) {
            (user, group) = (number, number)
        } else {
            guard let account = Self.account(name, in: tree, "/etc/passwd") else {
                throw DockerfileError(
                    "unable to find user \(name): no matching entries in passwd file")
            }
            user = account.0
            group = account.1
        }
        if parts.count == 2 {
            group = UInt32(parts[1]) ?? Self.account(parts[1], in: tree, "/etc/group")?.0
            guard group != nil else {
                throw DockerfileError(
                    "unable to find group \(parts[1]): no matching entries in group file")
            }
        }
        self.group = group ?? 0
        guard user != .max, self.group != .max else {
            throw DockerfileError("invalid user: \(text)")
        }
    }

    private init(user: UInt32, group: UInt32) { (self.user, self.group) = (user, group) }

    /// The third and, if it is a number, the fourth field of the line of a name.
    private static func account(
        _ name: String, in tree: FileTree, _ path: String
    ) -> (UInt32, UInt32?)? {
        for line in (tree.text(of: path) ?? "").split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 3, fields[0] == name, let id = UInt32(fields[2]) else { continue }
            return (id, fields.count > 3 ? UInt32(fields[3]) : nil)
        }
        return nil
    }
}

/// Permissions, as `--chmod` says them: octal, or as of chmod(1) (`u=rwX,go=rX`).
struct ModeChange: Equatable {
    private enum Change: Equatable {
        case exactly(UInt32)
        case classes(who: UInt32, operation: Character, permissions: String)
    }
    private var changes: [Change] = []

    init(parsing text: String) throws(DockerfileError) {
        if let mode = UInt32(text, radix: 8), mode <= 0o7777, !text.hasPrefix("+") {
            changes = [.exactly(mode)]
            return
        }
        for clause in text.split(separator: ",", omittingEmptySubsequences: false) {
            let who = clause.prefix { "ugoa".contains($0) }
            var rest = clause.dropFirst(who.count)
            guard !rest.isEmpty else { throw Self.invalid(text) }
            while let operation = rest.popFirst() {
                let permissions = rest.prefix { "rwxXst".contains($0) }
                rest = rest.dropFirst(permissions.count)
                guard "=+-".contains(operation) else { throw Self.invalid(text) }
                changes.append(
                    .classes(
                        who: Self.mask(of: who), operation: operation,
                        permissions: String(permissions)))
            }
        }
    }

    private static func invalid(_ text: String) -> DockerfileError {
        DockerfileError(
            "invalid chmod parameter: '\(text)'. it should be octal string and between 0"
                + " and 07777, or as of chmod(1)")
    }

    private static func mask(of who: Substring) -> UInt32 {
        guard !who.isEmpty, !who.contains("a") else { return 0o7777 }
        return who.reduce(0) {
            switch $1 {
            case "u": $0 | 0o4700
            case "g": $0 | 0o2070
            default: $0 | 0o1007
            }
        }
    }

    /// The permissions that a file or directory gets.
    func applied(to mode: UInt32, isDirectory: Bool) -> UInt32 {
        changes.reduce(mode) { mode, change in
            switch change {
            case .exactly(let mode): return mode
            case .classes(let who, let operation, let permissions):
                let bits = permissions.reduce(UInt32(0)) { bits, letter in
                    switch letter {
                    case "r": bits | 0o444
                    case "w": bits | 0o222
                    case "x": bits | 0o111
                    case "X": isDirectory || mode & 0o111 != 0 ? bits | 0o111 : bits
                    case "s": bits | 0o6000
                    default: bits | 0o1000
                    }
                }
                switch operation {
                case "+": return mode | bits & who
                case "-": return mode & ~(bits & who)
                default: return mode & ~who | bits & who
                }
            }
        }
    }
}
