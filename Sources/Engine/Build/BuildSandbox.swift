// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Build
internal import ContainerRuntime
internal import Glibc
internal import Linux
internal import OCI
internal import SQLite

/// Where the programs of a build run: a container on record, so that it has users, addresses and limits
/// as others have, and is repaired as others are; but with other files for each step, and without a
/// monitor. A process of its own waits for the end of this one, and ends what runs then.
final class BuildSandbox {
    /// What a step may ask for that a container cannot change.
    struct Kind: Equatable {
        let network: RunStep.Network
        let isInsecure: Bool
    }

    let kind: Kind
    private let engine: Engine
    private let container: Container
    private var lock: FileLock?
    private var rope: OwnedFD?
    private let keeper: OwnedFD
    private var steps = 0

    private var files: ContainerFiles { engine.location.container(container.id) }

    init(_ kind: Kind, _ template: HostConfiguration, by engine: Engine) throws {
        self.kind = kind
        self.engine = engine
        let made = try engine.createSandbox(kind, template)
        container = made.container
        let files = engine.location.container(container.id)
        let held = try FileLock.waiting(files.lock, .exclusive)
        if !exists(engine.location.state) {
            try makeDirectories(engine.location.state, mode: 0o700)
        }
        try makeDirectory(files.runtime, mode: 0o700)
        let pipe = try DescriptorPair.pipe()
        guard let cloned = try cloneProcess() else {
            Self.keep(made.container, pipe.first.raw, engine)
        }
        keeper = cloned.takePidfd()
        rope = pipe.takeSecond()
        lock = consume held
    }

    /// The keeper's life: it is told by a byte that all is done, and by the end of the pipe that nobody
    /// is left to do it.
    private static func keep(_ container: Container, _ rope: CInt, _ engine: Engine) -> Never {
        setsid()  // what interrupts the command does not reach it
        for number in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] { signal(number, SIG_IGN) }
        ThisProcess.closeAll(from: 0, keeping: [rope])
        try? ThisProcess.setName("swocker-build")
        var byte: UInt8 = 0
        if (try? syscall { read(rope, &byte, 1) }) == 1 { _exit(0) }
        try? engine.clearRemains(of: container)
        try? engine.discard(container, volumes: true)
        engine.retireNetworksSoon(after: container)
        _exit(0)
    }

    /// Gives everything back.
    func close() {
        guard rope != nil else { return }
        lock = nil
        try? engine.clearRemains(of: container)
        try? engine.discard(container, volumes: true)
        try? rope?.writeAll([1])
        rope = nil
        _ = try? keeper.reap()
        engine.retireNetworksSoon(after: container)
    }

    deinit { close() }

    // MARK: A step

    func run(
        _ request: RunRequest, on lowers: [String], output: ([UInt8], Bool) -> Void
    ) throws -> RunOutcome {
        steps += 1
        let step = "\(files.directory)/step-\(steps)"
        try makeDirectory(step, mode: 0o700)
        let (upper, work) = ("\(step)/upper", "\(step)/work")
        for path in [upper, work] { try makeDirectory(path) }
        let owner = container.idBase ?? 0
        chown(upper, owner, owner)
        let mounts = try BuildMounts(request.mounts, step: step, files, engine, container.idBase)
        defer { withExtendedLifetime(mounts) {} }
        let root = RootFilesystem.overlay(lowers: lowers, upper: upper, work: work)
        let code = try launch(request, root, mounts, output)
        mounts.removeFiles()
        guard code == 0 else { return RunOutcome(exitCode: code, changes: nil) }
        let points = MountPoints(request.mounts.map(\.target), upper: upper)
        try points.remove(from: try LayerDirectory(layers: lowers))
        var options = TreeEntries.Options()
        options.owners = OwnerShift(base: container.idBase)
        options.latestTime = request.latestTime
        let entries = try TreeEntries(
            .layer(
                try LayerDirectory(layers: [upper]), below: try LayerDirectory(layers: lowers)),
            options)
        return RunOutcome(exitCode: 0, changes: entries)
    }

    private func launch(
        _ request: RunRequest, _ root: RootFilesystem, _ mounts: BuildMounts,
        _ output: ([UInt8], Bool) -> Void
    ) throws -> Int32 {
        var launch = try engine.launchRequest(of: container, request, root, mounts)
        let network = try engine.network(of: container)
        (launch.cables, launch.interfaces) = (network.cables, network.interfaces)
        defer {
            if let database = try? engine.open() {
                engine.releaseNetwork(of: container, in: database)
            }
        }
        let streams = try StreamPipes(stdin: false)
        let lent: [Slot: CInt] = [
            .input: streams.container.stdin.raw, .output: streams.container.stdout.raw,
            .error: streams.container.stderr.raw,
        ]
        var failure: (any Error)?
        let process: OwnedFD
        let plan = try Plan(launch)
        do throws(RuntimeError) {
            process = try Launch(plan, lending: lent).run { pid in
                do { try engine.recordStep(of: container, pid: pid) } catch { failure = error }
            }.takePidfd()
        } catch {
            try? engine.cgroup(of: container)?.remove(emptyParents: false)
            output(Array("\(error)\n".utf8), true)
            return StartFailure.exitCode(of: "\(error)")
        }
        if let failure {
            try? process.send(signal: SIGKILL)
            _ = try? process.reap()
            throw failure
        }
        let code = try BuildOutputReader(streams.takeMonitorSide(), process).run(output)
        try engine.cgroup(of: container)?.remove(emptyParents: false)
        return code
    }
}

/// Reads what a step's program says until it has ended.
private struct BuildOutputReader: ~Copyable {
    private let streams: MonitorStreams
    private let process: OwnedFD

    init(_ streams: consuming MonitorStreams, _ process: consuming OwnedFD) {
        self.streams = streams
        self.process = process
    }

    /// - Returns: the exit code.
    consuming func run(_ output: ([UInt8], Bool) -> Void) throws -> Int32 {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        var open: [(fd: CInt, isError: Bool)] = [(streams.output.raw, false)]
        if let errors = streams.errors.descriptors.first { open.append((errors, true)) }
        var code: Int32?
        while code == nil || !open.isEmpty {
            var set = PollSet()
            let ended = code == nil ? set.add(process.raw, POLLIN) : nil
            let places = open.map { set.add($0.fd, POLLIN) }
            // What a descendant still holds open after the end is not waited for.
            let count = try attempting("wait for the program") { () throws(Errno) in
                try set.wait(milliseconds: code == nil ? -1 : 0)
            }
            if code != nil, count == 0 { break }
            for (place, stream) in zip(places, open) where set.events(at: place) != 0 {
                let count = (try? readAvailable(stream.fd, into: buffer)) ?? -1
                if count > 0 {
                    output(Array(buffer[..<count]), stream.isError)
                } else if count == 0 {
                    open.removeAll { $0.fd == stream.fd }
                }
            }
            if set.events(at: ended) != 0 {
                code = try attempting("wait for the program") { () throws(Errno) in
                    try process.reap()
                }?.exitCode
            }
        }
        return code ?? 255
    }
}
