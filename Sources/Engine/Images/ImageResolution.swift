// SPDX-License-Identifier: Apache-2.0

internal import Images
internal import OCI
public import SQLite

extension Engine {
    /// Makes sure that an image is in the store: it is there already, or it came with the program, or
    /// a registry has it, in this order.
    /// - Parameters:
    ///   - policy: `never` looks only in the store; `always` asks the registry first.
    ///   - platform: which of several the registry is asked for; nil for what runs here best.
    ///   - isQuiet: whether a pull shows nothing.
    ///   - announce: called with a line before the image is looked for elsewhere.
    public func ensureImage(
        _ name: String, policy: CreateRequest.PullPolicy = .missing, platform: String? = nil,
        isQuiet: Bool = false, in database: borrowing Database,
        announce: (String) -> Void = { _ in }
    ) throws {
        let isPresent = try images.image(name, in: database) != nil
        if isPresent && policy != .always { return }
        let shown = ImageStore.shown(name)
        guard policy != .never else { throw EngineError.noSuchImage(shown) }
        let reference = try Reference(parsing: name)
        if policy != .always {
            announce("Unable to find image '\(shown)' locally")
            if let archive = ImageStore.bundledArchive(
                for: reference, in: location.bundledImages)
            {
                announce("Loading \(shown) from \(archive)")
                try images.load(.path(archive), into: database)
                return
            }
        }
        guard location.registry.path != nil else { throw EngineError.imageNowhere(shown) }
        var request = registryRequest()
        var pull = RegistryRequest.Pull(shown)
        pull.platform = platform
        pull.isQuiet = isQuiet
        request.pull = pull
        try location.registry.pull(request)
    }

    /// A request to the registry's program, without a command yet.
    public func registryRequest() -> RegistryRequest {
        RegistryRequest(
            root: location.root, state: location.state, client: location.clientDirectory)
    }
}
