// SPDX-License-Identifier: Apache-2.0

internal import DBus
internal import Linux
internal import OCI

extension UnitProperties {
    /// The devices as systemd can be told of them: it has a list of what is allowed and no way to
    /// forbid what another line allows. Rules beyond that leave its list open, since our own rules
    /// are in force beside it.
    var devices: [UnitProperty] {
        guard !resources.devices.isEmpty else { return [] }
        let list = allowed
        let policy = list == nil ? "auto" : "strict"
        let lines = (list ?? []).map { Value.structure([.string($0.0), .string($0.1)]) }
        return [
            .init("DevicePolicy", .string(policy)),
            .init("DeviceAllow", .array(of: "(ss)", lines)),
        ]
    }

    /// Names and access, nil for what cannot be said as a list.
    private var allowed: [(String, String)]? {
        var lines: [(String, String)] = []
        var isOpen = true
        for rule in resources.devices {
            if rule.isWhole {
                isOpen = rule.allow
                lines = []
            } else if isOpen || !rule.allow {
                return nil
            } else {
                let access = rule.access ?? ""
                guard let names = names(of: rule) else { return nil }
                lines += names.map { ($0, access.isEmpty ? "rwm" : access) }
            }
        }
        return isOpen ? nil : lines
    }

    /// "/dev/char/1:3" is read as a number, whether it is there or not; a whole major number goes by
    /// its name in /proc/devices, and "char-*" is every one. A major number without a name has no
    /// device.
    private func names(of rule: Resources.DeviceRule) -> [String]? {
        let types: [Substring] =
            switch rule.type ?? "a" {
            case "a": ["block", "char"]
            case "b": ["block"]
            default: ["char"]
            }
        let major = rule.major.flatMap { $0 < 0 ? nil : $0 }
        let minor = rule.minor.flatMap { $0 < 0 ? nil : $0 }
        switch (major, minor) {
        case (nil, nil): return types.map { "\($0)-*" }
        case (nil, _?): return nil
        case (let major?, let minor?): return types.map { "/dev/\($0)/\(major):\(minor)" }
        case (let major?, nil):
            return types.compactMap { type in
                deviceNames["\(type.prefix(1)) \(major)"].map { "\(type)-\($0)" }
            }
        }
    }

    /// The names in the text of a /proc/devices (proc_devices(5)): "Character devices:", lines of
    /// "136 pts", an empty line, and "Block devices:" likewise.
    static func deviceNames(in text: [UInt8]) -> [String: String] {
        var names: [String: String] = [:]
        var type = "c"
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            if line.hasPrefix("Block") { type = "b" }
            guard words.count == 2, UInt32(words[0]) != nil else { continue }
            if names["\(type) \(words[0])"] == nil {
                names["\(type) \(words[0])"] = String(words[1])
            }
        }
        return names
    }
}
