// SPDX-License-Identifier: Apache-2.0

/// A privilege of capabilities(7). The raw value is the kernel's number.
public enum Capability: UInt8, CaseIterable, Sendable {
    case chown, dacOverride, dacReadSearch, fowner, fsetid, kill, setgid, setuid
    case setpcap, linuxImmutable, netBindService, netBroadcast, netAdmin, netRaw, ipcLock, ipcOwner
    case sysModule, sysRawio, sysChroot, sysPtrace, sysPacct, sysAdmin, sysBoot, sysNice
    case sysResource, sysTime, sysTtyConfig, mknod, lease, auditWrite, auditControl, setfcap
    case macOverride, macAdmin, syslog, wakeAlarm, blockSuspend, auditRead, perfmon, bpf
    case checkpointRestore

    /// The kernel's spelling: "CAP_NET_BIND_SERVICE".
    public var name: String { Self.names[Int(rawValue)] }

    /// Finds a capability by its name, with or without "CAP_", in any case.
    public init?(name: String) {
        let wanted = Self.normalized(name)
        guard let number = Self.names.firstIndex(of: wanted) else { return nil }
        self.init(rawValue: UInt8(number))
    }

    /// A name as Docker spells it back: capitals and "CAP_" in front.
    static func normalized(_ name: String) -> String {
        let capitals = name.uppercased()
        return capitals.hasPrefix("CAP_") ? capitals : "CAP_" + capitals
    }

    /// In the kernel's order. Spelled out, and checked against the cases by a test, because deriving
    /// them from the cases asks the runtime's reflection, which takes 0.4 ms of every start.
    private static let names: [String] = """
        CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
        NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO
        SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME
        SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG
        WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE
        """.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }.map {
            "CAP_" + String(decoding: $0, as: UTF8.self)
        }
}
