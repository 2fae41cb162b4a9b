// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// What the driver `local` is told: `type`, `device` and `o` of mount(8). A volume without options is
/// a directory of the engine's.
///
/// https://docs.docker.com/reference/cli/docker/volume/create/#opt
struct VolumeOptions {
    private let options: [String: String]
    private let name: String

    init(_ options: [String: String], of name: String) {
        self.options = options
        self.name = name
    }

    private var type: String { options["type"] ?? "" }
    private var device: String { options["device"] ?? "" }
    private var words: [String] {
        (options["o"] ?? "").split(separator: ",").map(String.init)
    }

    /// Refuses what the driver does not know, in Docker's words.
    func check() throws {
        for key in options.keys.sorted() where !["device", "o", "size", "type"].contains(key) {
            throw refusal("invalid option: \"\(key)\"")
        }
        if options["size"] != nil {
            throw refusal("quota size requested but no quota support")
        }
        let needs = [("device", "type"), ("type", "device"), ("o", "device"), ("o", "type")]
        for (given, needed) in needs where options[given] != nil && options[needed] == nil {
            throw refusal("missing required option: \"\(needed)\"")
        }
        if ["nfs", "nfs4", "cifs", "smb3"].contains(type) {
            throw EngineError.unsupported("a volume of type \(type)")
        }
        guard !isBind || device.hasPrefix("/") else {
            throw refusal("the device of a bind must be an absolute path: \"\(device)\"")
        }
    }

    /// Whether the volume is a directory of the host's.
    var isBind: Bool {
        !options.isEmpty && words.contains { $0 == "bind" || $0 == "rbind" }
    }

    /// Whether a file system must be mounted before the volume can be used.
    var needsMount: Bool { !options.isEmpty && !isBind }

    /// Whether what is mounted of it can only be read.
    var isReadOnly: Bool { words.contains("ro") }

    /// What containers mount.
    /// - Parameter mountpoint: the engine's directory of the volume.
    func source(mountpoint: String) -> String { isBind ? device : mountpoint }

    /// Mounts the volume's file system on its directory, unless it is there: all containers share it,
    /// and it stays until the volume is removed or the machine goes down.
    func mount(on mountpoint: String) throws(KernelError) {
        let parent = String(
            mountpoint.prefix(upTo: mountpoint.lastIndex(of: "/") ?? mountpoint.endIndex))
        let lock = try FileLock.waiting("\(parent)/.mount", .exclusive)
        try attempting("mount volume \(name) (type \(type), device \(device))") {
            () throws(Errno) in
            guard try !Self.isMounted(mountpoint, on: parent) else { return }
            let filesystem = try Mounting.openFilesystem(type)
            try Mounting.setOption("source", device, of: filesystem.raw)
            var attributes: MountAttributes = []
            for word in words {
                if let attribute = Self.attribute(word) {
                    attributes.formUnion(attribute)
                } else if let equals = word.firstIndex(of: "=") {
                    try Mounting.setOption(
                        String(word[..<equals]), String(word[word.index(after: equals)...]),
                        of: filesystem.raw)
                } else if !["rw", "defaults"].contains(word) {
                    try Mounting.setOption(word, of: filesystem.raw)
                }
            }
            try Mounting.create(filesystem.raw)
            let mount = try Mounting.mount(filesystem.raw, attributes)
            try Mounting.attach(mount.raw, onto: mountpoint)
        }
        withExtendedLifetime(lock) {}
    }

    /// Another file system than the engine's own lies there.
    private static func isMounted(_ path: String, on parent: String) throws(Errno) -> Bool {
        var (mounted, below) = (stat(), stat())
        try syscall { stat(path, &mounted) }
        try syscall { stat(parent, &below) }
        return mounted.st_dev != below.st_dev
    }

    private static func attribute(_ word: String) -> MountAttributes? {
        switch word {
        case "ro": .readOnly
        case "nosuid": .noSetuid
        case "nodev": .noDevices
        case "noexec": .noExec
        case "noatime": .noAccessTime
        default: nil
        }
    }

    private func refusal(_ reason: String) -> VolumeError { .refused(name, reason: reason) }
}
