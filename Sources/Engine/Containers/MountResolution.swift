// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import SQLite

/// What a container's `-v`, `--mount`, `--volumes-from` and its image's volumes come to: one mount
/// per destination. Whoever asks more explicitly wins: the user over other containers' volumes, those
/// over the image's.
struct MountResolution {
    private(set) var mounts: [ContainerMount] = []
    let volumes: String
    /// The images that are to be mounted, by how they were given.
    let images: [String: MountedImage]

    /// An image of the store: its ID without the algorithm, and the directory of its topmost layer.
    struct MountedImage { let (id, directory): (String, String) }

    /// - Parameter volumes: the directory that holds the volumes.
    init(volumes: String, images: [String: MountedImage] = [:]) {
        self.volumes = volumes
        self.images = images
    }

    mutating func add(binds: [String]) throws {
        for text in binds {
            let bind = try BindSpecification(parsing: text)
            var mount =
                bind.isBind
                ? ContainerMount(type: .bind, source: bind.source, destination: bind.destination)
                : volume(bind.source, at: bind.destination)
            mount.mode = bind.isBind || !bind.mode.isEmpty ? bind.mode : Self.shared
            mount.isWritable = !bind.readOnly
            if let propagation = bind.propagation { mount.propagation = propagation }
            mount.copiesUp = !bind.isBind && !bind.noCopy
            if bind.isBind, !exists(bind.source) { try makeDirectories(bind.source) }
            try add(mount)
        }
    }

    mutating func add(points: [MountPoint]) throws {
        for point in points {
            try Self.check(point)
            switch point.type {
            case .bind: try add(bind: point)
            case .volume: try add(volume: point)
            case .tmpfs: break  // a mount of the kernel's: the specification has it
            case .image: try add(image: point)
            }
        }
    }

    private mutating func add(image point: MountPoint) throws {
        guard let image = images[point.source] else {
            throw EngineError.noSuchImage(point.source)
        }
        var mount = ContainerMount(
            type: .image, name: point.source, source: image.directory, destination: point.target)
        mount.imageID = image.id
        mount.isWritable = false
        mount.isRecursive = false
        mount.subpath = point.imageOptions?.subpath ?? ""
        try Self.check(subpath: mount.subpath, .image)
        try add(mount)
    }

    private static func check(subpath: String, _ kind: MountPoint.Kind) throws(EngineError) {
        guard !subpath.hasPrefix("/"), !subpath.split(separator: "/").contains("..") else {
            throw .invalid(
                "invalid mount config for type \"\(kind.rawValue)\": subpath must be a relative path "
                    + "within the \(kind.rawValue)")
        }
    }

    /// Refuses what no mount of this type can have, in Docker's words.
    private static func check(_ point: MountPoint) throws(EngineError) {
        func refusal(_ reason: String) -> EngineError {
            .invalid("invalid mount config for type \"\(point.type.rawValue)\": \(reason)")
        }
        switch point.type {
        case .tmpfs where !point.source.isEmpty:
            throw refusal("field Source must not be specified")
        case .bind where point.source.isEmpty, .image where point.source.isEmpty:
            throw refusal("field Source must not be empty")
        case .bind where !point.source.hasPrefix("/"):
            throw refusal(
                "invalid mount path: '\(point.source)' mount path must be absolute")
        case .bind:
            let propagation = point.bindOptions?.propagation ?? ""
            guard propagation.isEmpty || BindSpecification.propagations.contains(propagation)
            else { throw refusal("invalid propagation mode: \(propagation)") }
        default: break
        }
    }

    private mutating func add(bind point: MountPoint) throws {
        guard exists(point.source) else {
            throw EngineError.invalid(
                "invalid mount config for type \"bind\": bind source path does not exist: "
                    + point.source)
        }
        var mount = ContainerMount(
            type: .bind, source: point.source, destination: point.target)
        mount.isWritable = !point.readOnly
        if let options = point.bindOptions {
            if !options.propagation.isEmpty { mount.propagation = options.propagation }
            mount.isRecursive = !options.nonRecursive
            mount.isReadOnlyRecursive = !options.readOnlyNonRecursive
        }
        try add(mount)
    }

    private mutating func add(volume point: MountPoint) throws {
        let options = point.volumeOptions
        let driver = options?.driverConfig
        if let name = driver?.name, !["", "local"].contains(name) {
            throw VolumeError.unknownDriver(name)
        }
        try VolumeOptions(driver?.options ?? [:], of: point.source).check()
        let subpath = options?.subpath ?? ""
        try Self.check(subpath: subpath, .volume)
        if !point.source.isEmpty { try VolumeName.check(point.source) }
        var mount =
            point.source.isEmpty
            ? try anonymous(at: point.target) : volume(point.source, at: point.target)
        mount.isWritable = !point.readOnly
        mount.mode = Self.shared
        mount.subpath = subpath
        // Only a whole volume is filled: what a part of it should hold, the image cannot say.
        mount.copiesUp = options?.noCopy != true && subpath.isEmpty
        try add(mount)
    }

    /// `--volumes-from`: the mounts of another container, unless the destination is taken.
    mutating func add(from other: [ContainerMount], readOnly: Bool) {
        for var mount in other where !isTaken(mount.destination) {
            if readOnly { mount.isWritable = false }
            mount.copiesUp = false
            mounts.append(mount)
        }
    }

    /// The volumes that the image, or `-v /path`, asks for.
    mutating func add(anonymousAt paths: some Sequence<String>) throws {
        for path in paths where !isTaken(path) {
            var mount = try anonymous(at: path)
            mount.copiesUp = true
            mounts.append(mount)
        }
    }

    /// What Docker says of volumes for which nothing else was said.
    private static let shared = "z"

    private func volume(_ name: String, at destination: String) -> ContainerMount {
        ContainerMount(
            type: .volume, name: name, source: "\(volumes)/\(name)/_data", destination: destination)
    }

    private func anonymous(at destination: String) throws -> ContainerMount {
        var mount = volume(try ContainerNames.newID(), at: destination)
        mount.isAnonymous = true
        return mount
    }

    private mutating func add(_ mount: ContainerMount) throws {
        guard !isTaken(mount.destination) else {
            throw EngineError.invalid("Duplicate mount point: \(mount.destination)")
        }
        mounts.append(mount)
    }

    private func isTaken(_ destination: String) -> Bool {
        mounts.contains { $0.destination == destination }
    }
}
