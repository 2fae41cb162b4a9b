// SPDX-License-Identifier: Apache-2.0

import Engine

/// `--volume`: `[source:]path[:options]`.
enum VolumeText: Equatable {
    /// A volume without a name at this path.
    case anonymous(String)
    /// An entry of `HostConfiguration.binds`.
    case bind(String)

    init(_ text: String, workingDirectory: () -> String) throws {
        if text.isEmpty { throw InvalidValue("invalid empty volume spec") }
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 3 { throw InvalidValue("invalid spec: \(text): too many colons") }
        if parts.contains(""), parts.count < 3 || parts[0].isEmpty || parts[1].isEmpty {
            throw InvalidValue("invalid spec: \(text): empty section between colons")
        }
        if parts.count == 1 {
            self = .anonymous(text)
            return
        }
        parts[0] = HostPath.absolute(parts[0], workingDirectory: workingDirectory)
        self = .bind(parts.joined(separator: ":"))
    }
}

/// A path on the client's side.
enum HostPath {
    /// `path` made absolute when it begins with a dot; otherwise it may name a volume.
    static func absolute(_ path: String, workingDirectory: () -> String) -> String {
        guard path.hasPrefix(".") else { return path }
        var parts: [Substring] = []
        for part in "\(workingDirectory())/\(path)".split(separator: "/") {
            switch part {
            case ".": break
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }
}

/// `--mount`: one record of `key=value` fields.
enum MountText {
    /// The mount, its relative source still relative.
    static func parse(_ text: String) throws -> MountPoint {
        try parse(text, workingDirectory: { "." })
    }

    static func parse(_ text: String, workingDirectory: () -> String) throws -> MountPoint {
        var draft = MountDraft()
        for field in try CommaRecord.fields(text) { try draft.take(field) }
        var mount = try draft.finished()
        if mount.type == .bind, mount.source.hasPrefix(".") {
            mount.source = HostPath.absolute(mount.source, workingDirectory: workingDirectory)
        }
        return mount
    }
}

/// A mount as its fields come in, in any order.
private struct MountDraft {
    var mount = MountPoint(type: .volume)
    var type = "volume"
    var recursive = ""
    var bind = MountPoint.BindOptions()
    var volume = MountPoint.VolumeOptions()
    var driver = MountPoint.VolumeOptions.Driver()
    var image = MountPoint.ImageOptions()
    var tmpfs = MountPoint.TmpfsOptions()
    /// Prefixes of the options of one type that were given: `bind`, `volume`, ….
    var prefixes: [String] = []

    mutating func take(_ field: String) throws {
        let (spelling, given) = CommaRecord.pair(field)
        let key = spelling.lowercased()
        for prefix in ["bind", "volume", "image", "tmpfs"] where key.hasPrefix("\(prefix)-") {
            prefixes.append(prefix)
        }
        guard let value = given else { return try takeBare(key, field) }
        switch key {
        case "type": type = value.lowercased()
        case "source", "src": mount.source = value
        case "target", "dst", "destination": mount.target = value
        case "readonly", "ro": mount.readOnly = try boolean(value, key)
        case "consistency": mount.consistency = value.lowercased()
        case "bind-propagation": bind.propagation = value.lowercased()
        case "bind-nonrecursive": bind.nonRecursive = try boolean(value, key)
        case "bind-recursive": recursive = value
        case "volume-subpath": volume.subpath = value
        case "volume-nocopy": volume.noCopy = try boolean(value, key)
        case "volume-label": put(value, in: &volume.labels)
        case "volume-driver": driver.name = value
        case "volume-opt": put(value, in: &driver.options)
        case "image-subpath": image.subpath = value
        case "tmpfs-size":
            guard let size = try? Size.bytes(value) else { throw invalid(value, key) }
            tmpfs.sizeBytes = size
        case "tmpfs-mode":
            guard let mode = UInt32(value, radix: 8) else { throw invalid(value, key) }
            tmpfs.mode = mode
        default: throw InvalidValue("unexpected key '\(spelling)' in '\(field)'")
        }
    }

    private mutating func takeBare(_ key: String, _ field: String) throws {
        switch key {
        case "readonly", "ro": mount.readOnly = true
        case "volume-nocopy": volume.noCopy = true
        case "bind-nonrecursive": bind.nonRecursive = true
        default: throw InvalidValue("invalid field '\(field)' must be a key=value pair")
        }
    }

    consuming func finished() throws -> MountPoint {
        if type.isEmpty { throw InvalidValue("type is required") }
        if mount.target.isEmpty { throw InvalidValue("target is required") }
        guard let kind = MountPoint.Kind(rawValue: type) else {
            throw InvalidValue("mount type unknown: \"\(type)\"")
        }
        for prefix in prefixes where prefix != type {
            throw InvalidValue("cannot mix '\(prefix)-*' options with mount type '\(type)'")
        }
        try applyRecursion()
        mount.type = kind
        if prefixes.isEmpty { return mount }
        switch kind {
        case .bind: mount.bindOptions = bind
        case .volume:
            volume.driverConfig = driver
            mount.volumeOptions = volume
        case .image: mount.imageOptions = image
        case .tmpfs: mount.tmpfsOptions = tmpfs
        }
        return mount
    }

    /// `bind-recursive`, and what its values ask of the other fields.
    private mutating func applyRecursion() throws {
        switch recursive {
        case "", "enabled": return
        case "disabled": bind.nonRecursive = true
        case "writable": bind.readOnlyNonRecursive = true
        case "readonly": bind.readOnlyForceRecursive = true
        default:
            throw InvalidValue(
                "invalid value for bind-recursive: \(recursive) (must be \"enabled\","
                    + " \"disabled\", \"writable\", or \"readonly\")")
        }
        let option = "option 'bind-recursive=\(recursive)' requires"
        if recursive != "disabled", !mount.readOnly {
            throw InvalidValue("\(option) 'readonly' to be specified in conjunction")
        }
        if recursive == "readonly", bind.propagation != "rprivate" {
            throw InvalidValue(
                "\(option) 'bind-propagation=rprivate' to be specified in conjunction")
        }
    }

    private func boolean(_ text: String, _ key: String) throws -> Bool {
        guard let value = try? Number.boolean(text) else { throw invalid(text, key) }
        return value
    }

    private func put(_ text: String, in map: inout [String: String]) {
        let (key, value) = splitOnce(text, at: "=")
        map[key] = value ?? ""
    }

    private func invalid(_ value: String, _ key: String) -> InvalidValue {
        InvalidValue("invalid value for \(key): \(value)")
    }
}
