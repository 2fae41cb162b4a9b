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
    public var name: String {
        Self.names.withUTF8Buffer { names in
            let words = names.split(separator: UInt8(ascii: " "))
            return "CAP_" + String(decoding: words[Int(rawValue)], as: UTF8.self)
        }
    }

    /// Finds a capability by its name, with or without "CAP_", in any case.
    public init?(name: String) {
        var name = name
        let number = name.withUTF8 { wanted in
            Self.names.withUTF8Buffer { Self.position(of: wanted, in: $0) }
        }
        guard let number else { return nil }
        self.init(rawValue: number)
    }

    /// The place of a word among words apart by single spaces. Byte by byte, without a copy: a
    /// container's specification names each capability several times.
    private static func position(
        of name: UnsafeBufferPointer<UInt8>, in words: UnsafeBufferPointer<UInt8>
    ) -> UInt8? {
        let wanted = name[(hasPrefix(name) ? 4 : 0)...]
        var position: UInt8 = 0
        var next = wanted.startIndex
        var matches = true
        for byte in words {
            if byte == UInt8(ascii: " ") {
                if matches && next == wanted.endIndex { return position }
                (position, next, matches) = (position + 1, wanted.startIndex, true)
            } else if matches {
                matches = next < wanted.endIndex && capital(wanted[next]) == byte
                next += 1
            }
        }
        return matches && next == wanted.endIndex ? position : nil
    }

    private static func hasPrefix(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        name.count > 4 && capital(name[0]) == UInt8(ascii: "C")
            && capital(name[1]) == UInt8(ascii: "A") && capital(name[2]) == UInt8(ascii: "P")
            && name[3] == UInt8(ascii: "_")
    }

    private static func capital(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte & 0xDF : byte
    }

    /// A name as Docker spells it back: capitals and "CAP_" in front.
    static func normalized(_ name: String) -> String {
        let capitals = name.uppercased()
        return capitals.hasPrefix("CAP_") ? capitals : "CAP_" + capitals
    }

    /// In the kernel's order. Spelled out, and checked against the cases by a test, because
    /// deriving them from the cases asks the runtime's reflection, which takes 0.4 ms of every
    /// start.
    private static let names: StaticString = """
        CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP \
        LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER \
        SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE \
        SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP \
        MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF \
        CHECKPOINT_RESTORE
        """
}
