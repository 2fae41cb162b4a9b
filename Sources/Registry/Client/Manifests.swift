// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import OCI

/// A manifest or an index as it came.
struct FetchedManifest: Sendable {
    let bytes: [UInt8]
    let digest: Digest
    /// What the registry says it is; nil where it says nothing that counts.
    let mediaType: MediaType?

    /// The document, which is one thing alone.
    func document() throws -> ManifestDocument {
        do { return try ManifestDocument(json: bytes, expected: mediaType) } catch let error
            as DecodingError
        {
            throw RegistryError.invalid("manifest \(digest.short): \(error.line)")
        } catch {
            throw RegistryError.invalid("manifest \(digest.short): \(error)")
        }
    }
}

extension RegistryClient {
    /// The largest document that we take.
    static var largestDocument: Int { 8 << 20 }

    private static var accepted: String {
        [MediaType.ociIndex, .dockerList, .ociManifest, .dockerManifest].map(\.rawValue)
            .joined(separator: ", ")
    }

    /// A manifest by tag or digest, verified.
    /// - Parameters:
    ///   - name: the image, for messages.
    ///   - size: what a descriptor says of it.
    func manifest(
        _ target: String, of name: String, size: Int64? = nil
    ) async throws -> FetchedManifest {
        let response = try await get(
            "manifests/\(target)", headers: [("Accept", Self.accepted)])
        guard response.status == 200 else { throw await refusal(response, name) }
        let bytes = try await response.bytes(
            limit: Self.largestDocument, "manifest of \(name)")
        let digest = Digest(of: bytes)
        if let stated = try? Digest(parsing: target), stated != digest {
            throw RegistryError.invalid(
                "manifest \(stated): digest mismatch, content is \(digest)")
        }
        if let size, size != Int64(bytes.count) {
            throw RegistryError.invalid(
                "manifest \(digest): size mismatch, \(bytes.count) bytes instead of \(size)")
        }
        if let text = response.header("docker-content-digest"),
            let stated = try? Digest(parsing: text), stated != digest
        {
            throw RegistryError.invalid(
                "manifest of \(name): digest mismatch, the registry says \(stated), content is"
                    + " \(digest)")
        }
        return FetchedManifest(
            bytes: bytes, digest: digest,
            mediaType: try Self.mediaType(response.header("content-type")))
    }

    /// What `Content-Type` says; nil for what says nothing.
    static func mediaType(_ header: String?) throws(RegistryError) -> MediaType? {
        let text = (header ?? "").prefix { $0 != ";" && $0 != " " }.lowercased()
        let type = MediaType(rawValue: text)
        if type.isIndex || type.isManifest { return type }
        guard ["", "application/json", "application/octet-stream", "text/plain"].contains(text)
        else {
            throw .invalid("unsupported manifest media type \(quoted(text))")
        }
        return nil
    }

    /// What a status that is no success means.
    func refusal(_ response: Response, _ name: String) async -> RegistryError {
        let reason = await response.reason()
        switch response.status {
        case 404 where reason.hasPrefix("name unknown"): return .accessDenied(Self.repository(name))
        case 404: return .noSuchManifest(name)
        case 401, 403: return .accessDenied(Self.repository(name))
        default: return .status(response.status, "manifest of \(name)", reason)
        }
    }

    private static func repository(_ name: String) -> String {
        (try? Reference(parsing: name))?.familiarRepository ?? name
    }

    /// A small blob, verified.
    func document(_ blob: Descriptor, _ what: String) async throws -> [UInt8] {
        guard blob.size <= Int64(Self.largestDocument), blob.size >= 0 else {
            throw RegistryError.invalid("\(what): larger than \(Self.largestDocument) bytes")
        }
        let response = try await get("blobs/\(blob.digest)")
        guard response.status == 200 else { throw await blobRefusal(response, blob) }
        let bytes = try await response.bytes(limit: Int(blob.size), what)
        guard Int64(bytes.count) == blob.size, Digest(of: bytes) == blob.digest else {
            throw RegistryError.invalid(
                "\(what) \(blob.digest): digest mismatch, content is \(Digest(of: bytes))")
        }
        return bytes
    }

    /// What a status that is no success means, of a blob.
    func blobRefusal(_ response: Response, _ blob: Descriptor) async -> RegistryError {
        let reason = await response.reason()
        switch response.status {
        case 404: return .noSuchBlob("\(blob.digest)")
        case 401, 403:
            return .unauthorized(reason.isEmpty ? "blob \(blob.digest.short)" : reason)
        default: return .status(response.status, "blob \(blob.digest.short)", reason)
        }
    }

    /// All tags of the repository.
    func tags(of name: String) async throws -> [String] {
        var tags: [String] = []
        var next = try await reached().address("tags/list")
        for _ in 0..<1000 {
            let response = try await send(Request(address: next))
            guard response.status == 200 else { throw await refusal(response, name) }
            let bytes = try await response.bytes(limit: Self.largestDocument, "tags of \(name)")
            let document = try? JSONValue(parsing: bytes)
            tags += (document?["tags"]?.arrayValue ?? []).compactMap(\.stringValue)
            guard let link = response.header("link"), link.contains("rel=\"next\""),
                let start = link.firstIndex(of: "<"), let end = link.firstIndex(of: ">"),
                start < end,
                let address = next.resolving(String(link[start..<end].dropFirst())),
                address.origin == next.origin
            else { return tags }
            next = address
        }
        throw RegistryError.invalid("\(name): the list of tags has no end")
    }
}
