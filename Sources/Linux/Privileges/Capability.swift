// SPDX-License-Identifier: Apache-2.0

/// A privilege of capabilities(7). The raw value is the kernel's number, the spelling is derived
/// from the case's name.
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

    /// Derived on first use, then kept: a container's specification names each capability several
    /// times.
    private static let names: [String] = allCases.map { capability in
        var bytes = Array("CAP_".utf8)
        for byte in "\(capability)".utf8 {
            let isCapital = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            if isCapital { bytes.append(UInt8(ascii: "_")) }
            bytes.append(isCapital ? byte : byte & 0xDF)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
