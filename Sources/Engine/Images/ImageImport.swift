// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Images
internal import Linux
public import OCI

/// What `import` is asked for.
public struct ImportRequest: Sendable {
    /// A file; nil for standard input.
    public var path: String?
    /// Lines of a Dockerfile that make the configuration.
    public var changes: [String] = []
    public var message = ""
    /// What the files are made for; nil for this machine.
    public var platform: Platform?
    /// The new image's name; nil for none.
    public var reference: String?

    public init() {}
}

extension Engine {
    /// Makes an image of one layer from a tar of a root file system, plain or compressed.
    /// - Parameter progress: called with the bytes read so far.
    /// - Returns: the image's ID.
    public func importImage(
        _ request: ImportRequest, progress: ((Int64) -> Void)? = nil
    ) throws -> Digest {
        if !exists(location.root) { try makeDirectories(location.root, mode: 0o711) }
        let database = try open()
        var execution = ImageConfiguration.Execution()
        try execution.apply(changes: request.changes)
        let step = ImageConfiguration.History(
            created: Timestamp.now.rfc3339Nano,
            comment: request.message.nonEmpty ?? "Imported from -")
        let new = NewImage(
            on: nil, platform: request.platform ?? .host, execution: execution, step: step,
            reference: try request.reference.map { try Self.newName($0) })
        let file = try request.path.map { path in
            try attempting("open \(path)") { () throws(Errno) in try OwnedFD.open(path).release() }
        }
        defer { if let file { close(file) } }
        let image = try images.add(
            new, layer: FileStream(file ?? STDIN_FILENO), to: database, progress: progress)
        if let name = new.reference?.familiar {
            try record(Event(image, "tag", name: name), in: database)
        }
        try record(Event(image, "import"), in: database)
        return image.id
    }
}
