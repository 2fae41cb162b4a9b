// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux
internal import OCI

/// A device of the host's inside a container.
public struct HostDevice: Equatable, Sendable {
    public var path: String
    /// In the container.
    public var destination: String
    public var isBlock: Bool
    public var number: DeviceNumber
    /// Permission bits.
    public var mode: UInt32
    public var owner: UInt32
    public var group: UInt32
    /// Letters of `rwm`.
    public var access: String

    /// A character device that everybody may use.
    public init(_ path: String, at destination: String? = nil, number: DeviceNumber) {
        self.path = path
        self.destination = destination ?? path
        isBlock = false
        self.number = number
        mode = 0o666
        owner = 0
        group = 0
        access = "rwm"
    }

    /// The rule that lets the container use it.
    var rule: Resources.DeviceRule {
        Resources.DeviceRule(
            allow: true, type: isBlock ? "b" : "c", major: Int64(number.major),
            minor: Int64(number.minor), access: access)
    }

    /// The node for a container that has the host's users.
    var node: LinuxSpec.Device {
        var device = LinuxSpec.Device(
            type: isBlock ? "b" : "c", path: destination, major: Int64(number.major),
            minor: Int64(number.minor), fileMode: mode)
        device.uid = owner
        device.gid = group
        return device
    }
}

extension HostDevice {
    /// The devices of `--device`: one, or all in a directory. Throws Docker's words when there is
    /// none.
    public static func devices(of mapping: DeviceMapping) throws(ConfigurationError) -> [HostDevice]
    {
        let lead =
            "error gathering device information while adding custom device "
            + "\"\(mapping.pathOnHost)\": "
        var status = stat()
        do throws(Errno) { try syscall { stat(mapping.pathOnHost, &status) } } catch {
            throw ConfigurationError(lead + "\(error)")
        }
        let access = mapping.cgroupPermissions.isEmpty ? "rwm" : mapping.cgroupPermissions
        let destination =
            mapping.pathInContainer.isEmpty ? mapping.pathOnHost : mapping.pathInContainer
        var found: [HostDevice] = []
        collect(mapping.pathOnHost, destination, access, into: &found)
        guard !found.isEmpty else { throw ConfigurationError(lead + "not a device node") }
        return found
    }

    /// All devices of the host, for a privileged container.
    public static func all() -> [HostDevice] {
        var found: [HostDevice] = []
        collect("/dev", "/dev", "rwm", into: &found)
        return found.filter { !Self.belongsToSpecification($0.path) }
    }

    /// What every container has its own of.
    private static func belongsToSpecification(_ path: String) -> Bool {
        switch path {
        case "/dev/console", "/dev/ptmx", "/dev/null", "/dev/zero", "/dev/full", "/dev/random",
            "/dev/urandom", "/dev/tty":
            true
        default: false
        }
    }

    private static func collect(
        _ path: String, _ destination: String, _ access: String, into found: inout [HostDevice]
    ) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        switch status.st_mode & S_IFMT {
        case S_IFCHR, S_IFBLK:
            found.append(HostDevice(path, destination, status, access))
        case S_IFDIR:
            for name in ((try? names(in: path)) ?? []).sorted() where !isForeign(name) {
                // A link below a directory is another name, or a way out.
                var entry = stat()
                guard lstat("\(path)/\(name)", &entry) == 0, entry.st_mode & S_IFMT != S_IFLNK
                else { continue }
                collect("\(path)/\(name)", "\(destination)/\(name)", access, into: &found)
            }
        default: break
        }
    }

    /// Directories of /dev that hold no devices of the machine's.
    private static func isForeign(_ name: String) -> Bool {
        switch name {
        case "pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev": true
        default: false
        }
    }

    private init(_ path: String, _ destination: String, _ status: stat, _ access: String) {
        self.path = path
        self.destination = destination
        isBlock = status.st_mode & S_IFMT == S_IFBLK
        number = DeviceNumber(rawValue: status.st_rdev)
        mode = status.st_mode & 0o7777
        owner = status.st_uid
        group = status.st_gid
        self.access = access
    }
}
