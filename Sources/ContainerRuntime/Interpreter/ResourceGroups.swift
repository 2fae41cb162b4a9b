// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

extension ResourceGroup {
    /// Makes the group and sets its shares; or takes the one that is there: a shared one only as it
    /// is, as the specification says.
    func make() throws(Errno) {
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/"))
        else {
            throw Errno.invalid
        }
        guard exists("\(parent)/schemata") else { throw Errno.noDevice }
        let directory = directory
        if isShared && (schemata.isEmpty || exists(directory)) {
            let file = try OwnedFD.open("\(directory)/schemata")
            guard Self.agrees(schemata, with: try file.readAll(limit: 1 << 20)) else {
                throw Errno.exists
            }
            return
        }
        do throws(Errno) { try syscall { mkdir(directory, 0o755) } } catch {
            if error != .exists { throw error }
        }
        do throws(Errno) { try setShares() } catch {
            // Of a group that was there already the kernel keeps what it was.
            if !isShared { rmdir(directory) }
            throw error
        }
    }

    /// All lines in one write(2): the kernel takes them all or none.
    func setShares() throws(Errno) {
        guard !schemata.isEmpty else { return }
        let text = schemata.map { "\($0)\n" }.joined()
        try OwnedFD.open("\(directory)/schemata", O_WRONLY).writeAll(Array(text.utf8))
    }

    func add(_ pid: pid_t) throws(Errno) {
        try OwnedFD.open("\(directory)/tasks", O_WRONLY).writeAll(Array("\(pid)".utf8))
    }

    /// Removes the group; processes that it has fall to the default one. Gone is as good.
    func remove() throws(KernelError) {
        let directory = directory
        try attempting("rmdir \(directory)") { () throws(Errno) in
            do throws(Errno) { try syscall { rmdir(directory) } } catch {
                if error != .noEntry { throw error }
            }
        }
    }

    /// Whether each share that is wanted is among those of a file "schemata". The kernel writes
    /// leading zeros and blanks, people do not.
    static func agrees(_ wanted: [String], with file: [UInt8]) -> Bool {
        let present = shares(in: String(decoding: file, as: UTF8.self))
        return wanted.allSatisfy { line in
            shares(in: line).allSatisfy { present[$0.key] == $0.value }
        }
    }

    /// "L3:0=0ff;1=f" as ["L3:0": "ff", "L3:1": "f"].
    private static func shares(in text: String) -> [String: String] {
        var shares: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let resource = parts[0].filter { $0 != " " }
            for share in parts[1].split(separator: ";") {
                let pair = share.split(separator: "=", maxSplits: 1)
                guard pair.count == 2 else { continue }
                let value = pair[1].filter { $0 != " " }.lowercased().drop { $0 == "0" }
                shares["\(resource):\(pair[0].filter { $0 != " " })"] = String(value)
            }
        }
        return shares
    }
}

/// What the running kernel has of security modules.
public enum SecurityModules {
    /// /sys/module/apparmor/parameters/enabled says "Y".
    public static var hasAppArmor: Bool {
        (try? contents(of: "/sys/module/apparmor/parameters/enabled", limit: 16))?.first
            == UInt8(ascii: "Y")
    }

    /// selinuxfs is mounted.
    public static var hasSELinux: Bool { exists("/sys/fs/selinux/enforce") }

    static func require(_ label: SecurityLabel) throws(Errno) {
        let isThere =
            switch label {
            case .appArmor: hasAppArmor
            case .seLinux: hasSELinux
            }
        guard isThere else { throw Errno.notSupported }
    }
}
