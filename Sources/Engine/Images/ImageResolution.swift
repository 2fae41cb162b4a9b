// SPDX-License-Identifier: Apache-2.0

internal import Images
internal import OCI
public import SQLite

extension Engine {
    /// Makes sure that an image is in the store: it is there already, or it came with the program, or
    /// a registry has it, in this order.
    /// - Parameters:
    ///   - policy: `never` looks only in the store; `always` asks the registry first.
    ///   - announce: called with a line before the image is looked for elsewhere.
    public func ensureImage(
        _ name: String, policy: CreateRequest.PullPolicy = .missing,
        in database: borrowing Database, announce: (String) -> Void = { _ in }
    ) throws {
        let isPresent = try images.image(name, in: database) != nil
        if isPresent && policy != .always { return }
        let shown = ImageStore.shown(name)
        guard policy != .never else { throw EngineError.noSuchImage(shown) }
        guard policy != .always else { throw EngineError.unsupported("--pull always") }
        announce("Unable to find image '\(shown)' locally")
        guard
            let archive = ImageStore.bundledArchive(
                for: try Reference(parsing: name), in: location.bundledImages)
        else { throw EngineError.imageNowhere(shown) }
        announce("Loading \(shown) from \(archive)")
        try images.load(.path(archive), into: database)
    }
}
