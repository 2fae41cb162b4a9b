// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

/// The options of a spec's mount, sorted by who takes them.
/// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#linux-mount-options
struct MountOptions: Equatable {
    var change = AttributeChange()
    var isBind = false
    var recursive = false
    /// Whether a mount that is there already is changed.
    var isRemount = false
    var copiesUp = false
    /// Whether owners are shifted ("idmap"), and those of the mounts below too ("ridmap").
    var shiftsOwners = false
    var shiftsRecursively = false
    /// What of a bind's source is bound, resolved below it; nil for all of it. Ours, not the
    /// specification's.
    var subpath: String?
    /// What is left goes to the file system ("size=64m").
    var data: [String] = []

    init(_ mount: Spec.Mount) {
        isBind = mount.type == "bind"
        for option in mount.options { take(option) }
    }

    private mutating func take(_ option: String) {
        switch option {
        case "bind": isBind = true
        case "rbind": (isBind, recursive) = (true, true)
        case "remount": isRemount = true
        case "tmpcopyup": copiesUp = true
        case "idmap": shiftsOwners = true
        case "ridmap": (shiftsOwners, shiftsRecursively) = (true, true)
        // What is so anyway. "silent" hushes a log line that these calls do not write.
        case "defaults", "async", "loud", "silent", "nomand", "noiversion", "nolazytime": break
        default:
            if let attribute = Self.attribute(option) {
                add(attribute)
            } else if option.first == "r", let attribute = Self.attribute(option.dropFirst()) {
                addRecursively(attribute)
            } else if isBind, option.hasPrefix("subpath=") {
                subpath = String(option.dropFirst("subpath=".utf8.count))
            } else if let propagation = Self.propagation(option) {
                change.propagation = propagation.kind
                change.propagatesRecursively = propagation.recursive
            } else {
                // "sync", "dirsync", "mand", "lazytime" too are the file system's.
                data.append(option)
            }
        }
    }

    /// What one option does: bits to set in a field of bits to clear.
    private struct Attribute {
        var field: MountAttributes
        var value: MountAttributes

        /// mount_setattr(2) wants the whole of the access-time field cleared even when it sets one
        /// of its values; of other flags it refuses both at once.
        var cleared: MountAttributes {
            value.isEmpty || field == .accessTimeField ? field : []
        }
    }

    private mutating func add(_ attribute: Attribute) {
        change.set = change.set.subtracting(attribute.field).union(attribute.value)
        change.clear = change.clear.subtracting(attribute.field)
            .union(attribute.cleared)
    }

    private mutating func addRecursively(_ attribute: Attribute) {
        change.recursiveSet = change.recursiveSet.subtracting(attribute.field)
            .union(attribute.value)
        change.recursiveClear = change.recursiveClear.subtracting(attribute.field)
            .union(attribute.cleared)
    }

    private static func attribute(_ option: some StringProtocol) -> Attribute? {
        switch option {
        case "ro": set(.readOnly)
        case "rw": clear(.readOnly)
        case "nosuid": set(.noSetuid)
        case "suid": clear(.noSetuid)
        case "nodev": set(.noDevices)
        case "dev": clear(.noDevices)
        case "noexec": set(.noExec)
        case "exec": clear(.noExec)
        // One field with three values, of which "relatime" is the zero.
        case "noatime": Attribute(field: .accessTimeField, value: .noAccessTime)
        case "strictatime": Attribute(field: .accessTimeField, value: .strictAccessTime)
        case "relatime", "atime", "norelatime", "nostrictatime": clear(.accessTimeField)
        case "nodiratime": set(.noDirectoryAccessTime)
        case "diratime": clear(.noDirectoryAccessTime)
        case "nosymfollow": set(.noSymlinks)
        case "symfollow": clear(.noSymlinks)
        default: nil
        }
    }

    private static func set(_ flag: MountAttributes) -> Attribute {
        Attribute(field: flag, value: flag)
    }

    private static func clear(_ field: MountAttributes) -> Attribute {
        Attribute(field: field, value: [])
    }

    private static func propagation(_ option: String) -> (kind: Propagation, recursive: Bool)? {
        if let kind = Propagation(rawValue: option) { return (kind, false) }
        guard option.first == "r" else { return nil }
        return Propagation(rawValue: String(option.dropFirst())).map { ($0, true) }
    }

    /// The words that mean something to every mount.
    static let known = [
        "async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "idmap",
        "lazytime", "loud", "mand", "noatime", "nodev", "nodiratime", "noexec", "noiversion",
        "nolazytime", "nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow", "private",
        "ratime", "rbind", "rdev", "rdiratime", "relatime", "remount", "rexec", "ridmap",
        "rnoatime", "rnodev", "rnodiratime", "rnoexec", "rnorelatime", "rnostrictatime", "rnosuid",
        "rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave",
        "rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw", "shared", "silent", "slave",
        "strictatime", "suid", "symfollow", "sync", "tmpcopyup", "unbindable",
    ]
}
