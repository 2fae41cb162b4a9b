// SPDX-License-Identifier: Apache-2.0

internal import Images
internal import OCI

/// A blob that a registry shall have.
struct BlobUpload: Sendable {
    let blob: Descriptor
    let path: String
    /// The digest by which people see it; nil for a blob that is no layer.
    let shown: Digest?
    /// Repositories of the same registry that have it, as far as we know.
    let sources: [String]
}

extension ProgressObserver {
    func layer(_ blob: Digest?, _ state: LayerState) {
        if let blob { layer(blob, state) }
    }
}

extension RegistryClient {
    /// Bytes of a chunk, where a registry does not take a blob in one piece.
    private static var chunk: Int64 { 16 << 20 }

    /// Sees that the registry has a blob: it has it, or takes it from another repository, or gets it.
    ///
    /// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs
    func upload(_ upload: BlobUpload, _ observer: any ProgressObserver) async throws {
        let digest = upload.blob.digest
        if try await has(digest) { return observer.layer(upload.shown, .present) }
        for source in upload.sources.prefix(2) {
            if try await mount(digest, from: source) {
                return observer.layer(upload.shown, .mounted(from: source))
            }
        }
        var failures = 0
        while true {
            do {
                try await send(upload, observer)
                return observer.layer(upload.shown, .pushed)
            } catch let error as RegistryError {
                switch error {
                case .unreachable, .status(404, _, _), .status(416, _, _): break
                case .status(let status, _, _) where RetryPolicy.isPassing(status): break
                default: throw error
                }
                failures += 1
                guard
                    let delay = policy.delay(
                        failures: failures, retryAfter: nil, chance: .random(in: 0...1))
                else { throw error }
                observer.layer(upload.shown, .retrying(inSeconds: Int(delay.rounded(.up))))
                try await Task.sleep(for: .seconds(delay))
            }
        }
    }

    private func has(_ digest: Digest) async throws -> Bool {
        let response = try await get("blobs/\(digest)", method: "HEAD")
        await response.discard()
        switch response.status {
        case 200: return true
        case 401, 403: throw RegistryError.refused(Self.denied)
        default: return false
        }
    }

    private static var denied: String { "denied: requested access to the resource is denied" }

    private func mount(_ digest: Digest, from source: String) async throws -> Bool {
        let address = try await reached().address("blobs/uploads/")
            .adding([("mount", "\(digest)"), ("from", source)])
        let response = try await send(
            Request(method: "POST", address: address, body: .bytes([]), followsRedirects: false))
        await response.discard()
        if response.status == 202, let place = try? await location(of: response) {
            // It began an upload instead, which nobody goes on with.
            let cancelled = try? await send(
                Request(method: "DELETE", address: place, followsRedirects: false), retries: false)
            await cancelled?.discard()
        }
        return response.status == 201
    }

    private func send(_ upload: BlobUpload, _ observer: any ProgressObserver) async throws {
        let address = try await reached().address("blobs/uploads/")
        let begun = try await send(
            Request(method: "POST", address: address, body: .bytes([]), followsRedirects: false))
        guard begun.status == 202 else { throw await uploadRefusal(begun) }
        let place = try await location(of: begun)
        await begun.discard()
        let (size, shown) = (upload.blob.size, upload.shown)
        let request = Request(
            method: "PUT", address: place.adding([("digest", "\(upload.blob.digest)")]),
            headers: [("Content-Type", "application/octet-stream")],
            body: .file(upload.path, offset: 0, length: size) { done in
                observer.layer(shown, .pushing(done: done, total: size))
            }, followsRedirects: false)
        let response = try await send(request, retries: false)
        await response.discard()
        switch response.status {
        case 201: return
        case 413: try await sendChunks(upload, observer)
        default: throw await uploadRefusal(response)
        }
    }

    /// In pieces, for registries whose front does not take a whole blob at once.
    private func sendChunks(_ upload: BlobUpload, _ observer: any ProgressObserver) async throws {
        let address = try await reached().address("blobs/uploads/")
        let begun = try await send(
            Request(method: "POST", address: address, body: .bytes([]), followsRedirects: false))
        guard begun.status == 202 else { throw await uploadRefusal(begun) }
        var place = try await location(of: begun)
        let least = begun.header("oci-chunk-min-length").flatMap { Int64($0) } ?? 0
        await begun.discard()
        let (size, shown) = (upload.blob.size, upload.shown)
        var done: Int64 = 0
        while done < size {
            let (start, count) = (done, min(size - done, max(Self.chunk, min(least, 1 << 30))))
            let request = Request(
                method: "PATCH", address: place,
                headers: [
                    ("Content-Type", "application/octet-stream"),
                    ("Content-Range", "\(start)-\(start + count - 1)"),
                ],
                body: .file(upload.path, offset: start, length: count) { sent in
                    observer.layer(shown, .pushing(done: start + sent, total: size))
                }, followsRedirects: false)
            let response = try await send(request, retries: false)
            guard response.status == 202 else { throw await uploadRefusal(response) }
            place = try await location(of: response)
            await response.discard()
            done += count
        }
        let response = try await send(
            Request(
                method: "PUT", address: place.adding([("digest", "\(upload.blob.digest)")]),
                body: .bytes([]), followsRedirects: false))
        guard response.status == 201 else { throw await uploadRefusal(response) }
        await response.discard()
    }

    private func uploadRefusal(_ response: Response) async -> RegistryError {
        let reason = await response.reason()
        switch response.status {
        case 401, 403: return .refused(reason.isEmpty ? Self.denied : reason)
        default: return .status(response.status, "push blob", reason)
        }
    }

    /// Where an upload goes on. A registry behind a proxy that ends TLS may say http of itself.
    private func location(of response: Response) async throws -> WebAddress {
        guard let text = response.header("location"),
            var place = response.address.resolving(text)
        else { throw RegistryError.invalid("push blob: the registry names no place for it") }
        let own = try await reached().origin
        if place.origin.host == own.host, own.isSecure, !place.origin.isSecure {
            place.origin = own
        }
        guard place.origin.isSecure || !own.isSecure else {
            throw RegistryError.invalid(
                "push blob: refusing to send it over plain http to \(place.origin)")
        }
        return place
    }

    /// Gives an image its tag, when all its blobs are there.
    func put(_ image: PushedImage, tag: String) async throws {
        let type = image.manifest.mediaType ?? .ociManifest
        let response = try await send(
            Request(
                method: "PUT", address: try await reached().address("manifests/\(tag)"),
                headers: [("Content-Type", type.rawValue)], body: .bytes(image.bytes),
                followsRedirects: false))
        guard response.status == 201 else {
            let reason = await response.reason()
            if response.status == 401 || response.status == 403 {
                throw RegistryError.refused(reason.isEmpty ? Self.denied : reason)
            }
            throw RegistryError.status(response.status, "push manifest \(tag)", reason)
        }
        await response.discard()
        if let text = response.header("docker-content-digest"),
            let stated = try? Digest(parsing: text), stated != image.digest
        {
            throw RegistryError.invalid(
                "push manifest \(tag): the registry has \(stated) instead of \(image.digest)")
        }
    }
}
