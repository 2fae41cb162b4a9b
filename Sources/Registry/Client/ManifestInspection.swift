// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What a registry has under a name, for people to read.
public struct ManifestInspection: Sendable {
    private let context: RegistryContext

    public init(_ context: RegistryContext) { self.context = context }

    /// The manifest or index itself; with `isVerbose` with descriptor and name, and of an index every
    /// manifest.
    public func run(_ reference: Reference, isVerbose: Bool) async throws -> JSONValue {
        let name = reference.tagged.familiar
        guard let client = try context.clients(for: reference).last else {
            throw RegistryError.noSuchManifest(name)
        }
        let target = reference.digest.map { "\($0)" } ?? reference.tagged.tag ?? ""
        let fetched: FetchedManifest
        do {
            fetched = try await client.manifest(target, of: name)
        } catch RegistryError
            .noSuchManifest(_)
        {
            throw RegistryError.refused("no such manifest: \(reference.tagged.canonical)")
        }
        let document = try JSONValue(parsing: fetched.bytes)
        switch try fetched.document() {
        case .manifest(let manifest):
            guard isVerbose else { return document }
            let type = manifest.mediaType ?? fetched.mediaType ?? .ociManifest
            return try entry(
                reference.tagged, document,
                Descriptor(
                    mediaType: type, digest: fetched.digest, size: Int64(fetched.bytes.count)))
        case .index(let index):
            guard isVerbose else { return document }
            var entries: [JSONValue] = []
            for descriptor in index.manifests.prefix(100) {
                let one = try await client.manifest(
                    "\(descriptor.digest)", of: name, size: descriptor.size)
                entries.append(
                    try entry(
                        reference.with(digest: descriptor.digest),
                        try JSONValue(parsing: one.bytes), descriptor))
            }
            return .array(entries)
        }
    }

    private func entry(
        _ reference: Reference, _ document: JSONValue, _ descriptor: Descriptor
    ) throws -> JSONValue {
        let kind = descriptor.mediaType == .dockerManifest ? "SchemaV2Manifest" : "OCIManifest"
        return .object(
            JSONObject([
                ("Ref", .string(reference.canonical)), ("Descriptor", try descriptor.json()),
                (kind, document),
            ]))
    }
}
