// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

// What the process writes below /proc, always after making sure that it is procfs that it writes to
// (CVE-2019-16884, CVE-2025-52881).

extension Inside {
    /// In the new time namespace there is nobody yet; its first process will be the sibling. The
    /// root directory is the host's still, so this is the host's /proc.
    func set(_ clocks: [ClockOffset]) throws(Errno) {
        let lines = clocks.map { "\($0.line)\n" }.joined()
        let proc = try OwnedFD.open("/proc", openPath | O_DIRECTORY)
        guard FilesystemKind(of: proc.raw) == .proc else { throw Errno.invalid }
        try OwnedFD.open("self/timens_offsets", O_WRONLY, at: proc.raw).writeAll(Array(lines.utf8))
    }

    /// The directory of kernel settings comes first, so that no name leads beyond it.
    func setSysctl(_ key: String, _ value: String) throws(Errno) {
        let proc = try OwnedFD.openProc(beneath: root)
        let settings = try OwnedFD.open(
            "sys", beneath: proc.raw, openPath | O_DIRECTORY, resolution: .sameMount)
        let file = try OwnedFD.open(
            Self.sysctlPath(key), beneath: settings.raw, O_WRONLY, resolution: .sameMount)
        try file.writeAll(Array(value.utf8))
    }

    /// The separator that comes first separates; the other one belongs to names, as in
    /// "net/ipv4/conf/eth0.100/mtu" (sysctl(8)).
    static func sysctlPath(_ key: String) -> String {
        guard let first = key.first(where: { $0 == "." || $0 == "/" }), first == "." else {
            return key
        }
        return String(key.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 })
    }

    /// The label for the program that execve(2) brings (apparmor(7), setexeccon(3)).
    func set(_ label: SecurityLabel) throws(Errno) {
        let proc = try OwnedFD.openProc(beneath: root)
        let process = try OwnedFD.open(
            "\(getpid())", beneath: proc.raw, openPath | O_DIRECTORY, resolution: .sameMount)
        let (names, text): ([String], String) =
            switch label {
            case .appArmor(let profile): (["attr/apparmor/exec", "attr/exec"], "exec \(profile)")
            case .seLinux(let context): (["attr/exec"], context)
            }
        var failure = Errno.noEntry
        for name in names {
            do throws(Errno) {
                return try OwnedFD.open(
                    name, beneath: process.raw, O_WRONLY, resolution: .sameMount
                ).writeAll(Array(text.utf8))
            } catch {
                failure = error
                if error != .noEntry { break }
            }
        }
        throw failure
    }
}
