// SPDX-License-Identifier: Apache-2.0

/// A unit of systemd's for processes that others have started (systemd.scope(5)), and the slice in
/// which it lies (systemd.slice(5)).
public struct SystemdScope: Codable, Equatable, Sendable {
    /// "runc-4f1c.scope".
    public let name: String
    /// "machine-a.slice".
    public let slice: String
    /// Whether the systemd of the user's session has it, below the group of that systemd.
    public let isOfUser: Bool
    /// The group of the user's systemd, without a slash in front: "user.slice/…/user@1000.service".
    public var base = ""

    /// Reads "slice:prefix:name"; empty is ":swocker:ID".
    public init(cgroupsPath: String, id: String, ofUser: Bool) throws(CgroupSettingError) {
        let text = cgroupsPath.isEmpty ? ":swocker:\(id)" : cgroupsPath
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3 else {
            throw CgroupSettingError(
                description: "expected cgroupsPath to be of format \"slice:prefix:name\" for "
                    + "systemd cgroups, got \"\(cgroupsPath)\" instead")
        }
        guard !parts[2].hasSuffix(".slice") else {
            throw CgroupSettingError(
                description: "a container's unit is a scope, not the slice \"\(parts[2])\"")
        }
        name = parts[1].isEmpty ? "\(parts[2]).scope" : "\(parts[1])-\(parts[2]).scope"
        slice = parts[0].isEmpty ? (ofUser ? "user.slice" : "system.slice") : parts[0]
        isOfUser = ofUser
        guard !parts[2].isEmpty, Self.isUnitName(name) else {
            throw CgroupSettingError(description: "invalid unit name \"\(name)\"")
        }
        slicePath = try Self.path(ofSlice: slice)
    }

    private let slicePath: String

    /// Below the mounts, without a slash in front.
    public var path: String {
        [base, slicePath, name].filter { !$0.isEmpty }.joined(separator: "/")
    }

    /// A dash is a step down: "a-b.slice" lies in "a.slice", and "-.slice" is the root.
    static func path(ofSlice slice: String) throws(CgroupSettingError) -> String {
        let stem = slice.dropLast(".slice".count)
        guard slice.hasSuffix(".slice"), !stem.isEmpty, isUnitName(slice) else {
            throw CgroupSettingError(description: "invalid slice name: \(slice)")
        }
        if stem == "-" { return "" }
        var path: [String] = []
        var prefix = ""
        for name in stem.split(separator: "-", omittingEmptySubsequences: false) {
            guard !name.isEmpty else {
                throw CgroupSettingError(description: "invalid slice name: \(slice)")
            }
            path.append("\(prefix)\(name).slice")
            prefix += "\(name)-"
        }
        return path.joined(separator: "/")
    }

    /// systemd's letters and length (systemd.unit(5)).
    private static func isUnitName(_ name: String) -> Bool {
        name.utf8.count <= 255
            && name.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                    || ":-_.\\@".utf8.contains($0)
            }
    }
}
