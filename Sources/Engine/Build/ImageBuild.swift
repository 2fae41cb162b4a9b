// SPDX-License-Identifier: Apache-2.0

internal import Archive
public import Build
internal import Glibc
internal import Images
internal import Linux
internal import OCI
internal import SQLite

extension Engine {
    /// Builds what a Dockerfile says.
    /// - Parameter report: told of everything as it happens.
    public func build(
        _ request: BuildRequest, _ settings: BuildSettings,
        report: @escaping (BuildEvent) -> Void
    ) throws -> BuildOutcome {
        if !exists(location.root) { try makeDirectories(location.root, mode: 0o700) }
        raiseDescriptorLimit()
        let site = BuildSite(self, settings)
        let lock = try images.lockForBuilding(try open())
        defer { withExtendedLifetime(lock) {} }
        defer { site.close() }
        let builder = Builder(request, on: site, report: report)
        let built = try builder.build()
        site.close()
        return try export(built, settings.output, by: builder)
    }

    /// Deep trees keep a descriptor open for each level of each layer.
    func raiseDescriptorLimit() {
        guard let limit = ResourceLimit.number(of: "NOFILE") else { return }
        try? ResourceLimit.raiseAsFarAsAllowed(limit, of: 0, soft: 65_536, hard: .max)
    }

    // MARK: What becomes of it

    private func export(
        _ built: BuiltImage, _ output: BuildOutput, by builder: Builder
    ) throws -> BuildOutcome {
        switch output {
        case .nothing: return BuildOutcome()
        case .image: return try keep(built, by: builder)
        case .directory(let path):
            return try builder.step("exporting to client directory") { _ in
                try copy(built, into: path)
                return BuildOutcome()
            }
        case .tar(let path):
            return try builder.step("exporting to client tarball") { _ in
                try write(to: path) { file in
                    guard let tree = try tree(of: built) else {
                        return try writeAll([UInt8](repeating: 0, count: 1024), to: file)
                    }
                    try TarStream(try TreeEntries(.tree(tree))).copy(to: file)
                }
                return BuildOutcome()
            }
        case .archive(let path):
            return try builder.step("exporting to docker image format") { _ in
                try archive(built, to: path)
            }
        }
    }

    private func keep(_ built: BuiltImage, by builder: Builder) throws -> BuildOutcome {
        try builder.step("exporting to image") { number in
            let database = try open()
            let image = try images.add(built, to: database)
            builder.note(number, "writing image \(image.id) done")
            for reference in built.references {
                builder.note(number, "naming to \(reference.canonical) done")
                record(Event(image, "tag", name: reference.familiar))
            }
            return BuildOutcome(
                image: image.id, manifest: image.manifest,
                references: built.references.map(\.canonical))
        }
    }

    private func tree(of built: BuiltImage) throws -> LayerDirectory? {
        guard !built.layers.isEmpty else { return nil }
        return try LayerDirectory(
            layers: built.layers.reversed().map { "\(images.layerPath($0))/fs" })
    }

    private func copy(_ built: BuiltImage, into path: String) throws {
        try makeDirectories(path)
        guard let tree = try tree(of: built) else { return }
        let root = try attempting("open \(path)") { () throws(Errno) in
            try OwnedFD.open(path, O_RDONLY | O_DIRECTORY)
        }
        let mask = umask(0)
        defer { umask(mask) }
        let unpacker = LayerUnpacker(
            root: root, for: .copy(CopyRules(owner: .stated(highest: .max - 1))))
        try unpacker.unpack(try TarReader(TarStream(try TreeEntries(.tree(tree)))))
    }

    private func write(to path: String?, _ body: (CInt) throws -> Void) throws {
        guard let path else { return try body(STDOUT_FILENO) }
        let draft = try DraftFile(path)
        try body(draft.raw)
        try draft.publish()
    }

    /// The image is in the store while it is written, and afterwards only if it was there before.
    private func archive(_ built: BuiltImage, to path: String?) throws -> BuildOutcome {
        var nameless = built
        nameless.references = []
        let database = try open()
        let before = Set(try images.images(in: database).map(\.image.id))
        let image = try images.add(nameless, to: database)
        defer {
            if !before.contains(image.id) {
                _ = try? images.remove("\(image.id)", in: database) { id in
                    try ContainerTable.users(ofImage: id.hex, in: database).map {
                        ImageUser(id: $0.id, isRunning: $0.status == .running)
                    }
                }
            }
        }
        try write(to: path) { file in
            try images.save(
                [SavedImage(image: image, references: built.references)], to: file)
        }
        return BuildOutcome(
            image: image.id, manifest: image.manifest,
            references: built.references.map(\.canonical))
    }
}
