// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Images
internal import Linux
public import OCI

/// What `commit` is asked for.
public struct CommitRequest: Sendable {
    public var author = ""
    public var message = ""
    /// Lines of a Dockerfile that change the configuration.
    public var changes: [String] = []
    /// Whether a running container stands still while its files are read.
    public var pauses = true
    /// The new image's name; nil for none.
    public var reference: String?

    public init() {}
}

extension Engine {
    /// Makes an image of what a container has changed. Volumes and other mounts are no part of it.
    /// - Returns: the image's ID.
    public func commit(_ text: String, _ request: CommitRequest) throws -> Digest {
        let database = try open()
        let reference = try request.reference.map { try Self.newName($0) }
        let container = try container(text, in: database)
        let layers = try layers(of: container, in: database)
        var execution = ImageConfiguration.Execution(container.record.configuration)
        try execution.apply(changes: request.changes)
        guard let id = Digest(hex: container.record.imageID),
            let base = try images.image(id: id, in: database)
        else { throw EngineError.noSuchImage(container.record.configuration.image) }
        let step = ImageConfiguration.History(
            created: Timestamp.now.rfc3339Nano, author: request.author.nonEmpty,
            createdBy: container.record.configuration.cmd.joined(separator: " "),
            comment: request.message.nonEmpty)
        let new = NewImage(
            on: base, platform: try base.configuration().platform, execution: execution,
            step: step, reference: reference)
        var options = TreeEntries.Options()
        options.owners = layers.owners
        options.passesOver = layers.isMountPoint
        let still = request.pauses ? try stand(still: container) : nil
        if still != nil { record(Event(container, "pause")) }
        let entries = try TreeEntries(
            .layer(try layers.written(), below: try layers.image()), options)
        let tar = WhileStill(TarStream(entries), still)
        let image = try images.add(new, layer: tar, to: database)
        let name = reference?.familiar ?? ""
        let committed = Event(
            container, "commit",
            ["comment": request.message, "imageID": "\(image.id)", "imageRef": name])
        try record(committed, in: database)
        if still != nil { try record(Event(container, "unpause"), in: database) }
        if reference != nil { try record(Event(image, "tag", name: name), in: database) }
        return image.id
    }

    /// A name for an image that is about to be made.
    static func newName(_ text: String) throws -> Reference {
        let reference = try Reference(parsing: text)
        guard reference.digest == nil else { throw ImageError.digestAsTag }
        return reference.tagged
    }

    /// Stops a running container's processes until the returned value goes, or this process does,
    /// however it ends. Nil for one that does not run.
    private func stand(still container: Container) throws -> Standstill? {
        guard case .running = state(of: container), let cgroup = try cgroup(of: container) else {
            return nil
        }
        return try Standstill(cgroup)
    }
}

extension String {
    /// Nil for the empty text, which documents leave out.
    var nonEmpty: String? { isEmpty ? nil : self }
}

/// Processes of a control group that do not run. A process of its own waits to let them go on: it is
/// told by the end of a pipe, which also SIGKILL of this process brings.
private final class Standstill {
    private let cgroup: Cgroup
    private var rope: OwnedFD?
    private let keeper: OwnedFD

    init(_ cgroup: Cgroup) throws {
        self.cgroup = cgroup
        let pipe = try DescriptorPair.pipe()
        guard let cloned = try cloneProcess() else {
            setsid()  // what interrupts the command does not reach it
            ThisProcess.closeAll(from: 0, keeping: [pipe.first.raw])
            _ = try? pipe.first.readAll(limit: 1)
            try? cgroup.thaw()
            _exit(0)
        }
        keeper = cloned.takePidfd()
        rope = pipe.takeSecond()
        try cgroup.freeze()
    }

    deinit {
        rope = nil
        _ = try? keeper.reap()
    }
}

/// A source that lets processes go on as soon as it has been read to its end.
private final class WhileStill: ByteSource {
    private let source: any ByteSource
    private var still: Standstill?

    init(_ source: any ByteSource, _ still: Standstill?) {
        self.source = source
        self.still = still
    }

    func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        let piece = try source.next()
        if piece.isEmpty { still = nil }
        return piece
    }
}

extension ImageConfiguration.Execution {
    /// What containers of an image run that is made of this one.
    init(_ configuration: ContainerConfiguration) {
        self.init()
        user = configuration.user.nonEmpty
        for port in configuration.exposedPorts { exposedPorts[port] = .init() }
        environment = configuration.env
        entrypoint = configuration.entrypoint.isEmpty ? nil : configuration.entrypoint
        command = configuration.cmd.isEmpty ? nil : configuration.cmd
        for path in configuration.volumes { volumes[path] = .init() }
        workingDirectory = configuration.workingDir.nonEmpty
        labels = configuration.labels
        stopSignal = configuration.stopSignal?.nonEmpty
        stopTimeout = configuration.stopTimeout
        shell = configuration.shell.isEmpty ? nil : configuration.shell
        onBuild = configuration.onBuild
        healthcheck = configuration.healthcheck.map { ImageConfiguration.Healthcheck($0) }
    }
}

extension ImageConfiguration.Healthcheck {
    init(_ health: HealthConfiguration) {
        self.init()
        test = health.test
        interval = health.interval == 0 ? nil : health.interval
        timeout = health.timeout == 0 ? nil : health.timeout
        startPeriod = health.startPeriod == 0 ? nil : health.startPeriod
        startInterval = health.startInterval == 0 ? nil : health.startInterval
        retries = health.retries == 0 ? nil : health.retries
    }
}
