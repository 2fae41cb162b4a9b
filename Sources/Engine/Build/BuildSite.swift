// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Build
internal import Glibc
internal import Images
internal import Linux
internal import OCI
internal import SQLite

/// The engine as a builder sees it. The database is opened for each use: programs are started in
/// between, and a connection must not be carried across.
final class BuildSite: Worksite {
    let engine: Engine
    let settings: BuildSettings
    private var sandbox: BuildSandbox?
    private var work: IngestDirectory?
    private var scratches = 0

    init(_ engine: Engine, _ settings: BuildSettings) {
        self.engine = engine
        self.settings = settings
    }

    /// Gives back what programs needed.
    func close() {
        sandbox?.close()
        sandbox = nil
        work = nil
    }

    func image(_ name: String, platform: Platform?) throws -> Image {
        let database = try engine.open()
        try engine.ensureImage(name, policy: settings.pull, in: database)
        return try engine.image(name, platform: platform, in: database)
    }

    func cached(_ key: Digest) throws -> CachedLayer? {
        try engine.images.cached(key, boot: Boot.current, in: try engine.open())
    }

    func lastMade(at place: Digest) throws -> CachedLayer? {
        try engine.images.lastMade(at: place, in: try engine.open())
    }

    func makeLayer(_ tar: any ByteSource) throws -> Digest? { try engine.images.addLayer(tar) }

    func remember(_ made: CachedLayer) throws {
        try engine.images.record(made, boot: Boot.current, in: try engine.open())
    }

    func tree(of layers: [Digest]) throws -> LayerDirectory {
        try LayerDirectory(layers: directories(of: layers))
    }

    /// Topmost first.
    private func directories(of layers: [Digest]) -> [String] {
        layers.reversed().map { "\(engine.images.layerPath($0))/fs" }
    }

    func scratchDirectory() throws -> String {
        let work = try work ?? engine.images.workDirectory()
        self.work = work
        scratches += 1
        let path = "\(work.path)/\(scratches)"
        try makeDirectory(path, mode: 0o755)
        return path
    }

    func run(
        _ request: RunRequest, output: ([UInt8], Bool) -> Void
    ) throws -> RunOutcome {
        let kind = BuildSandbox.Kind(network: request.network, isInsecure: request.isInsecure)
        if sandbox?.kind != kind {
            sandbox?.close()
            sandbox = nil
            sandbox = try BuildSandbox(kind, settings.host, by: engine)
        }
        guard let sandbox else { return RunOutcome(exitCode: 1, changes: nil) }
        var lowers = directories(of: request.layers)
        if lowers.isEmpty { lowers = [try scratchDirectory()] }
        return try sandbox.run(request, on: lowers, output: output)
    }
}
