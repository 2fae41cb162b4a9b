// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

extension ResourceGroup {
    /// Makes the group, or takes the one that is there, and sets its shares.
    func make() throws(Errno) {
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/"))
        else {
            throw Errno.invalid
        }
        guard exists("\(Self.mount)/schemata") else { throw Errno.noDevice }
        let directory = directory
        do throws(Errno) { try syscall { mkdir(directory, 0o755) } } catch {
            if error != .exists { throw error }
        }
        for line in schemata {
            try OwnedFD.open("\(directory)/schemata", O_WRONLY).writeAll(Array("\(line)\n".utf8))
        }
    }

    func add(_ pid: pid_t) throws(Errno) {
        try OwnedFD.open("\(directory)/tasks", O_WRONLY).writeAll(Array("\(pid)".utf8))
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
