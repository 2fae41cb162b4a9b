// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

extension Planner {
    /// What every container has, whether the specification names it or not.
    /// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#default-devices
    private static let defaultDevices: [LinuxSpec.Device] = [
        .init(type: "c", path: "/dev/null", major: 1, minor: 3),
        .init(type: "c", path: "/dev/zero", major: 1, minor: 5),
        .init(type: "c", path: "/dev/full", major: 1, minor: 7),
        .init(type: "c", path: "/dev/random", major: 1, minor: 8),
        .init(type: "c", path: "/dev/urandom", major: 1, minor: 9),
        .init(type: "c", path: "/dev/tty", major: 5, minor: 0),
    ]

    mutating func planDevices() throws(RuntimeError) {
        let named = linux.devices.map { SpecPath($0.path).text }
        for device in Self.defaultDevices where !named.contains(device.path) {
            plan(device)
        }
        for device in linux.devices {
            try check(device)
            plan(device)
        }
        for (target, path) in [
            ("/proc/self/fd", "/dev/fd"), ("/proc/self/fd/0", "/dev/stdin"),
            ("/proc/self/fd/1", "/dev/stdout"), ("/proc/self/fd/2", "/dev/stderr"),
            ("/proc/kcore", "/dev/core"), ("pts/ptmx", "/dev/ptmx"),
        ] {
            plan.inside.append(.makeLink(target: target, path: path))
        }
    }

    /// A device that exists on the host is bound from there when mknod(2) is not allowed; a FIFO
    /// anybody may make.
    private mutating func plan(_ device: LinuxSpec.Device) {
        let isBound = hasShiftedUsers && device.type != "p"
        plan.inside.append(
            .makeDevice(
                DeviceNode(
                    path: device.path,
                    source: isBound ? hostTree(device.path, recursive: false) : nil,
                    mode: device.modeBits, major: UInt32(clamping: device.major ?? 0),
                    minor: UInt32(clamping: device.minor ?? 0), owner: device.uid ?? 0,
                    group: device.gid ?? 0)))
    }

    private func check(_ device: LinuxSpec.Device) throws(RuntimeError) {
        guard device.path.hasPrefix("/") else {
            throw RuntimeError.invalidSpec("device path \(device.path) is relative")
        }
        guard ["c", "u", "b", "p"].contains(device.type) else {
            throw RuntimeError.invalidSpec(
                "device \(device.path) has the type \"\(device.type)\", which is none of c, b, u, p"
            )
        }
        guard device.type == "p" || (device.major != nil && device.minor != nil) else {
            throw RuntimeError.invalidSpec("device \(device.path) needs major and minor numbers")
        }
    }
}

extension LinuxSpec.Device {
    /// mknod(2)'s mode: the kind of file and its permissions.
    fileprivate var modeBits: UInt32 {
        let kind: UInt32 =
            switch type {
            case "b": 0o060000
            case "p": 0o010000
            default: 0o020000
            }
        return kind | (fileMode ?? 0o666) & 0o7777
    }
}
