// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

extension SpecificationFacts {
    /// Looks at the machine for what this configuration needs to know of it, and for nothing else:
    /// a container starts faster than a device directory is read.
    public mutating func readMachine(for host: HostConfiguration) throws(ConfigurationError) {
        if users == .host, let own = try? currentCapabilities().permitted { available = own }
        if host.pidsLimit ?? 0 == 0 { pidMax = Self.pidMax ?? pidMax }
        let counters = "/sys/devices/system/cpu/cpu0/thermal_throttle"
        hasThermalCounters = !host.privileged && host.maskedPaths == nil && exists(counters)
        if hasThermalCounters { processorCount = Self.processors }
        if host.privileged { devices = HostDevice.all() }
        for mapping in host.devices {
            let added = try HostDevice.devices(of: mapping)
            let taken = Set(added.map(\.destination))
            devices.removeAll { taken.contains($0.destination) }
            devices += added
        }
        for path in host.limitedDevices { blockDevices[path] = try Self.blockDevice(at: path) }
    }

    /// How many processors the machine has.
    public static var processors: Int { max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))) }

    private static var pidMax: Int64? {
        let bytes = (try? contents(of: "/proc/sys/kernel/pid_max", limit: 32)) ?? []
        return Int64(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    private static func blockDevice(at path: String) throws(ConfigurationError) -> DeviceNumber {
        var status = stat()
        do throws(Errno) { try syscall { stat(path, &status) } } catch {
            throw ConfigurationError("\(path): \(error)")
        }
        guard status.st_mode & S_IFMT == S_IFBLK else {
            throw ConfigurationError("\(path): not a block device")
        }
        return DeviceNumber(rawValue: status.st_rdev)
    }
}
