// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Images
internal import Linux
internal import OCI
public import SQLite

/// A container that was created.
public struct CreatedContainer: Sendable {
    public let container: Container
    /// What the user should know, one line each.
    public let warnings: [String]
}

extension Engine {
    /// Makes a container: its directory first, whole, then its record. A death in between leaves a
    /// directory that `sweep` removes.
    public func create(
        _ request: CreateRequest, in database: borrowing Database
    ) throws -> CreatedContainer {
        try refuseUnsupported(request)
        try refuseInvalid(request)
        let name = try request.name.map { try ContainerNames.validated($0) }
        let image = try image(
            request.configuration.image, platform: try platform(of: request), in: database)
        let id = try ContainerNames.newID()
        let (container, warnings) = try prepared(request, id: id, image: image, in: database)
        let files = location.container(id)
        let lock = try makeFiles(files)
        defer { withExtendedLifetime(lock) {} }
        do {
            let inserted = try insert(container, name: name, for: request, in: database)
            try writeFiles(of: inserted)
            let hasAliases = request.networks.contains { !$0.aliases.isEmpty }
            return CreatedContainer(
                container: inserted,
                warnings: warnings
                    + (hasAliases ? ["network aliases are kept, but names are not served yet"] : [])
            )
        } catch {
            _ = try? ContainerTable.delete(id, in: database)
            try? removeFiles(of: id)
            throw error
        }
    }

    private func refuseUnsupported(_ request: CreateRequest) throws(EngineError) {
        let host = request.hostConfiguration
        if !host.deviceRequests.isEmpty { throw .unsupported("--gpus") }
        if !host.links.isEmpty { throw .unsupported("--link") }
        if let platform = request.platform { try refuseForeign(platform) }
    }

    /// Only this machine's own programs can run.
    private func refuseForeign(_ text: String) throws(EngineError) {
        guard let platform = Platform(parsing: text) else {
            throw .invalid("invalid platform: \(text)")
        }
        let own = Platform.host
        guard platform.os == own.os, platform.architecture == own.architecture else {
            throw .unsupported("platform \(text) on \(own.os)/\(own.architecture)")
        }
    }

    /// What only the engine can tell to be wrong, in Docker's words.
    private func refuseInvalid(_ request: CreateRequest) throws {
        let host = request.hostConfiguration
        if let signal = request.configuration.stopSignal, !signal.isEmpty {
            do throws(InvalidSignal) { _ = try Signal.number(of: signal) } catch {
                throw EngineError.invalid("invalid signal: \(signal)")
            }
        }
        if !host.storageOpt.isEmpty {
            throw EngineError.invalid(
                "--storage-opt is supported only for overlay over xfs with 'pquota' mount option")
        }
        if !["", "local"].contains(host.volumeDriver) {
            throw EngineError.invalid(
                "error looking up volume plugin \(host.volumeDriver): "
                    + "plugin \"\(host.volumeDriver)\" not found")
        }
        if !["", "swocker", "runc", "io.containerd.runc.v2"].contains(host.runtime) {
            throw EngineError.invalid("unknown or invalid runtime name: \(host.runtime)")
        }
        if host.wantsUserNamespace {
            try refuseUnmapped(request.configuration.user.split(separator: ":").map(String.init))
            try refuseUnmapped(host.groupAdd)
        }
    }

    /// A container with users of its own has a limited number of them.
    private func refuseUnmapped(_ names: [String]) throws {
        for name in names {
            guard let id = UInt64(name), id >= UInt64(SpecificationFacts.idRangeSize) else {
                continue
            }
            throw EngineError.invalid(
                "user or group \(id) is not among the container's ids, 0 to "
                    + "\(SpecificationFacts.idRangeSize - 1): use --userns=host")
        }
    }

    /// The record of the new container: everything that is decided before anything is made.
    private func prepared(
        _ request: CreateRequest, id: String, image: Image, in database: borrowing Database
    ) throws -> (Container, [String]) {
        var configuration = try request.configuration.merged(with: image.configuration())
        var host = request.hostConfiguration
        if host.logConfig.type.isEmpty { host.logConfig.type = "local" }
        if host.runtime.isEmpty { host.runtime = "swocker" }
        _ = try LogSettings(host.logConfig)
        if let health = configuration.healthcheck, !health.onUnhealthy.isEmpty,
            health.command(shell: []) == nil
        {
            throw EngineError.invalid("--on-unhealthy needs a health check: use --health-cmd")
        }
        if configuration.hostname.isEmpty {
            configuration.hostname = try hostname(id, host, in: database)
        }
        var mounts = MountResolution(volumes: location.volumes)
        try mounts.add(points: host.mounts)
        try mounts.add(binds: host.binds)
        for text in host.volumesFrom { try addVolumes(from: text, to: &mounts, in: database) }
        try mounts.add(anonymousAt: configuration.volumes)
        var record = ContainerRecord(
            configuration: configuration, hostConfiguration: host, imageID: image.id.hex,
            mounts: mounts.mounts)
        record.joinedIDBase = try joinedIDBase(host, in: database)
        let container = Container(
            id: id, name: "", created: .now, record: record, idRange: nil, status: .created,
            process: .none, monitor: .none, started: nil, finished: nil, exitCode: 0,
            wasOOMKilled: false, error: "", removesItself: host.autoRemove)
        return (container, try check(record))
    }

    /// A container that joins another's namespaces lives with the other's users: it can have those
    /// of one.
    private func joinedIDBase(
        _ host: HostConfiguration, in database: borrowing Database
    ) throws -> UInt32? {
        let others = try [host.networkMode, host.pidMode, host.ipcMode]
            .filter { $0.hasPrefix("container:") }
            .map { try ContainerTable.find(String($0.dropFirst(10)), in: database) }
        guard let base = others.first?.idBase else { return nil }
        guard others.allSatisfy({ $0.idBase == base }) else {
            throw EngineError.invalid(
                "cannot join namespaces of several containers that have users of their own")
        }
        return base
    }

    private func hostname(
        _ id: String, _ host: HostConfiguration, in database: borrowing Database
    ) throws -> String {
        if host.networkMode.hasPrefix("container:") {
            return try ContainerTable.find(String(host.networkMode.dropFirst(10)), in: database)
                .record.configuration.hostname
        }
        guard host.networkMode == "host" || host.utsMode == "host" else {
            return String(id.prefix(12))
        }
        return HostFacts.hostname
    }

    private func addVolumes(
        from text: String, to mounts: inout MountResolution, in database: borrowing Database
    ) throws {
        let parts = text.split(separator: ":", maxSplits: 1)
        let mode = parts.count == 2 ? parts[1] : "rw"
        guard let name = parts.first, ["ro", "rw", "z", "Z"].contains(mode) else {
            throw EngineError.invalid("invalid mode: \(mode)")
        }
        let other = try ContainerTable.find(String(name), in: database)
        mounts.add(from: other.record.mounts, readOnly: mode == "ro")
    }

    func makeFiles(_ files: ContainerFiles) throws -> FileLock {
        if !exists(location.containers) {
            try makeDirectories(location.containers, mode: 0o700)
        }
        // Made and locked under another name first: `sweep` removes what has no record and no lock.
        let draft = "\(location.containers)/.\(files.directory.suffix(64))"
        try makeDirectory(draft, mode: 0o700)
        let lock = try FileLock.waiting("\(draft)/lock", .exclusive)
        _ = try attempting("rename \(draft)") { () throws(Errno) in
            try syscall { Glibc.rename(draft, files.directory) }
        }
        return lock
    }

    private func insert(
        _ container: Container, name: String?, for request: CreateRequest,
        in database: borrowing Database
    ) throws -> Container {
        var container = container
        let wantsIDRange = container.record.wantsUserNamespace
        return try database.transaction { () throws in
            // The image may have gone since it was looked up.
            guard let id = Digest(hex: container.record.imageID),
                try images.image(id: id, in: database) != nil
            else { throw EngineError.noSuchImage(container.record.configuration.image) }
            var attempt = 0
            while true {
                container.name =
                    try name ?? ContainerNames.invented(attempt: attempt, id: container.id)
                do {
                    try ContainerTable.insert(
                        &container, wantsIDRange: wantsIDRange, in: database)
                    break
                } catch EngineError.nameTaken where name == nil && attempt < 8 { attempt += 1 }
            }
            try join(request.attachments, container.id, in: database)
            for mount in container.record.mounts where mount.type == .volume {
                guard let name = mount.name else { continue }
                try makeVolumeFiles(name)
                try VolumeTable.insert(volume(of: mount, name, in: container.record), in: database)
                try VolumeTable.use(name, by: container.id, in: database)
            }
            try record(Event(container, "create"), in: database)
            return container
        }
    }

    /// What a volume would be that this container is the first to name.
    private func volume(
        of mount: ContainerMount, _ name: String, in record: ContainerRecord
    ) -> Volume {
        var volume = Volume(name: name)
        volume.isAnonymous = mount.isAnonymous
        let point = record.hostConfiguration.mounts.first { $0.target == mount.destination }
        volume.labels = point?.volumeOptions?.labels ?? [:]
        volume.options = point?.volumeOptions?.driverConfig?.options ?? [:]
        return volume
    }

    /// The directories and files that the container's mounts come from, owned by its root.
    func writeFiles(of container: Container) throws {
        let files = location.container(container.id)
        let owner = container.idBase ?? 0
        for directory in [files.upper, files.work] { try makeDirectory(directory) }
        chown(files.upper, owner, owner)
        let network = NetworkFiles(container.record, facts: .current)
        for (path, text) in [
            (files.hosts, network.hosts), (files.hostname, network.hostname),
            (files.resolvConf, network.resolvConf),
        ] {
            try attempting("write \(path)") { () throws(Errno) in
                let file = try OwnedFD.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
                try file.writeAll(Array(text.utf8))
                fchown(file.raw, owner, owner)
                fchmod(file.raw, 0o644)
            }
        }
    }

    private func platform(of request: CreateRequest) throws -> Platform? {
        request.platform.flatMap(Platform.init(parsing:))
    }
}
