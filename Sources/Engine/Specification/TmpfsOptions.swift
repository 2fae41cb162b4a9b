// SPDX-License-Identifier: Apache-2.0

/// The options of `--tmpfs` (mount(8), tmpfs(5)).
enum TmpfsOptions {
    /// Docker's defaults with the user's options over them; of a pair that contradicts itself the
    /// last one counts.
    static func merged(_ text: String) throws(ConfigurationError) -> [String] {
        var options = ["noexec", "nosuid", "nodev"]
        for option in text.split(separator: ",").map(String.init) {
            guard let replaced = replaced(by: option) else {
                throw ConfigurationError("invalid tmpfs option [\"\(option)\"]")
            }
            options.removeAll { $0 == option || matches($0, replaced) }
            options.append(option)
        }
        return options
    }

    private static func matches(_ option: String, _ replaced: String) -> Bool {
        replaced.hasSuffix("=") ? option.hasPrefix(replaced) : option == replaced
    }

    /// The option that `option` stands against: a flag's opposite, or an earlier value of its key.
    /// Nil for what tmpfs does not have.
    private static func replaced(by option: String) -> String? {
        switch option {
        case "ro": "rw"
        case "rw": "ro"
        case "suid", "dev", "exec", "diratime", "iversion", "mand": "no" + option
        case "atime": "noatime"
        case "nosuid", "nodev", "noexec", "noatime", "nodiratime", "noiversion", "nomand":
            String(option.dropFirst(2))
        case "relatime": "norelatime"
        case "norelatime": "relatime"
        case "strictatime": "nostrictatime"
        case "nostrictatime": "strictatime"
        case "sync": "async"
        case "async": "sync"
        case "defaults", "private", "rprivate", "slave", "rslave", "shared", "rshared",
            "unbindable", "runbindable":
            ""
        default: key(option)
        }
    }

    private static func key(_ option: String) -> String? {
        guard let equals = option.firstIndex(of: "=") else { return nil }
        switch option[..<equals] {
        case "size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol":
            return String(option[...equals])
        default: return nil
        }
    }

    /// The options of `--mount type=tmpfs`.
    static func text(of point: MountPoint) -> String {
        var options: [String] = point.readOnly ? ["ro"] : []
        if let size = point.tmpfsOptions?.sizeBytes, size != 0 { options.append("size=\(size)") }
        if let mode = point.tmpfsOptions?.mode, mode != 0 {
            options.append("mode=\(String(mode, radix: 8))")
        }
        return options.joined(separator: ",")
    }
}
