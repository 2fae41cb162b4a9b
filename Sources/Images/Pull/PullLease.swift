// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

/// What an image that is being pulled needs of the store: `content/pulls/<manifest>`. Layers that are
/// here already and have no record yet are not garbage while it stands, also when the pull was killed:
/// the next one goes on from there. It goes with the record, after a day, or when images are pruned.
struct PullLease: Codable {
    var layers: [Digest]
    var blobs: [Digest]

    /// Seconds after which nobody is expected to go on.
    static let lifetime: Int64 = 24 * 3600
}

extension ImageStore {
    var pulls: String { "\(root)/content/pulls" }
    /// Blobs on their way, under their digests; each is locked by who fetches it.
    var partials: String { "\(root)/content/partial" }

    func leasePath(_ manifest: Digest) -> String { "\(pulls)/\(manifest.hex)" }

    /// The leases in force; what has run out, or is torn, is removed. By whoever holds the store alone.
    func leases() throws -> [PullLease] {
        try removeExpired(in: partials)
        try removeExpired(in: pulls)
        return try namesIfPresent(in: pulls).compactMap { name in
            let path = "\(pulls)/\(name)"
            if let bytes = try? contents(of: path, limit: 1 << 20),
                let lease = try? PullLease(json: bytes)
            {
                return lease
            }
            try removeFile(path)
            return nil
        }
    }

    /// Gives up pulls that nobody works on. By whoever holds the store alone.
    func abandonPulls() throws(KernelError) {
        for directory in [pulls, partials] {
            for name in try namesIfPresent(in: directory) {
                try removeFile("\(directory)/\(name)")
            }
        }
    }

    /// Bytes of what pulls have fetched of layers that are not whole yet.
    public func partialSize() -> Int64 {
        let names = (try? namesIfPresent(in: partials)) ?? []
        return names.reduce(0) {
            $0 + (fileStatus("\(partials)/\($1)").map { Int64($0.st_size) } ?? 0)
        }
    }

    private func removeExpired(in directory: String) throws(KernelError) {
        let oldest = now() / 1_000_000_000 - PullLease.lifetime
        for name in try namesIfPresent(in: directory) {
            let path = "\(directory)/\(name)"
            guard let status = fileStatus(path), Int64(status.st_mtim.tv_sec) < oldest else {
                continue
            }
            try removeFile(path)
        }
    }

    private func fileStatus(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }
}
