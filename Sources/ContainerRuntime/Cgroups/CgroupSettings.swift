// SPDX-License-Identifier: Apache-2.0

public import Linux
public import OCI

/// One value for one control file.
public struct CgroupSetting: Equatable, Sendable {
    /// What a kernel without the file means.
    public enum Absence: Equatable, Sendable {
        /// The limit cannot be kept: an error.
        case fails
        /// The limit is of the kind that Docker discards with a warning.
        case ignored
    }

    /// Absolute.
    public let file: String
    public let value: String
    public let whenMissing: Absence

    /// A value for an absolute path.
    public init(file: String, value: String, whenMissing: Absence = .fails) {
        self.file = file
        self.value = value
        self.whenMissing = whenMissing
    }

    /// Writes the value.
    public func apply() throws(KernelError) {
        do { try writeControl(file, value) } catch {
            guard mayFail(with: error.errno) else { throw error }
        }
    }

    /// Whether the kernel's answer means that it lacks what may be lacking.
    func mayFail(with errno: Errno) -> Bool {
        whenMissing == .ignored && (errno == .noEntry || errno == .notSupported)
    }
}

/// Limits that this machine's control groups have no place for, or that contradict each other.
public struct CgroupSettingError: Error, Equatable, CustomStringConvertible, Sendable {
    public let description: String
}

extension Cgroup {
    /// The limits of a specification as values of control files, in the order in which they must be
    /// written: before the container's process joins, because a process of version 1's cpuset needs
    /// processors to join.
    ///
    /// Version 2's device rules are a program instead: see `DeviceProgram`.
    /// - Parameter memoryAndSwap: when a container that lives is changed, its memory and swap limit
    ///   so far (bytes): what grows must grow first.
    public func settings(
        for resources: Resources, replacing memoryAndSwap: UInt64? = nil
    ) throws(CgroupSettingError) -> [CgroupSetting] {
        try ResourceCheck(resources: resources)()
        return switch hierarchies {
        case .v1:
            try V1Settings(cgroup: self, replacedMemoryAndSwap: memoryAndSwap).settings(resources)
        case .v2(let mount):
            try V2Settings(directory: "\(mount)/\(path)").settings(resources)
        }
    }
}

extension Resources {
    /// rdma.max is the same file in both versions: one line a device.
    var rdmaLines: [String] {
        rdma.sorted { $0.key < $1.key }.compactMap { device, limit in
            let words = [
                limit.hcaHandles.map { "hca_handle=\($0)" },
                limit.hcaObjects.map { "hca_object=\($0)" },
            ].compactMap { $0 }
            return words.isEmpty ? nil : ([device] + words).joined(separator: " ")
        }
    }
}

extension Resources.WeightDevice {
    /// The kernel's "major:minor".
    var number: String { "\(major):\(minor)" }
}

extension Resources.ThrottleDevice {
    /// The kernel's "major:minor".
    var number: String { "\(major):\(minor)" }
}
