// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

/// The options of a spec's mount, sorted by who takes them.
/// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#linux-mount-options
struct MountOptions: Equatable {
    var set: MountAttributes = []
    var clear: MountAttributes = []
    /// Attributes that reach the mounts below too ("rro" and the like).
    var recursiveSet: MountAttributes = []
    var isBind = false
    var recursive = false
    var propagation: Propagation?
    var copiesUp = false
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
        case "tmpcopyup": copiesUp = true
        case "defaults", "async", "loud", "nomand", "noiversion": break
        case "rro": (set, recursiveSet) = (set.union(.readOnly), recursiveSet.union(.readOnly))
        default:
            if let attribute = Self.attribute(option) {
                add(attribute)
            } else if isBind, option.hasPrefix("subpath=") {
                subpath = String(option.dropFirst("subpath=".utf8.count))
            } else if let propagation = Self.propagation(option) {
                self.propagation = propagation
            } else {
                data.append(option)
            }
        }
    }

    private mutating func add(_ attribute: (flag: MountAttributes, set: Bool)) {
        if attribute.set {
            set.insert(attribute.flag)
            clear.remove(attribute.flag)
        } else {
            clear.insert(attribute.flag)
            set.remove(attribute.flag)
        }
    }

    private static func attribute(_ option: String) -> (flag: MountAttributes, set: Bool)? {
        switch option {
        case "ro": (.readOnly, true)
        case "rw": (.readOnly, false)
        case "nosuid": (.noSetuid, true)
        case "suid": (.noSetuid, false)
        case "nodev": (.noDevices, true)
        case "dev": (.noDevices, false)
        case "noexec": (.noExec, true)
        case "exec": (.noExec, false)
        case "noatime": (.noAccessTime, true)
        case "strictatime": (.strictAccessTime, true)
        case "relatime", "atime", "norelatime", "nostrictatime": (.accessTimeField, false)
        case "nodiratime": (.noDirectoryAccessTime, true)
        case "diratime": (.noDirectoryAccessTime, false)
        case "nosymfollow": (.noSymlinks, true)
        case "symfollow": (.noSymlinks, false)
        default: nil
        }
    }

    private static func propagation(_ option: String) -> Propagation? {
        Propagation(rawValue: option.first == "r" ? String(option.dropFirst()) : option)
    }
}
