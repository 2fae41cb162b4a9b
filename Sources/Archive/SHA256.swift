// SPDX-License-Identifier: Apache-2.0

internal import CNettle
public import OCI

/// SHA-256 of bytes that arrive piece by piece (FIPS 180-4); nettle uses the processor's own
/// instructions where there are any.
public struct SHA256 {
    private var context = sha256_ctx()

    public init() { nettle_sha256_init(&context) }

    /// Adds bytes to the message.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        nettle_sha256_update(&context, bytes.count, start.assumingMemoryBound(to: UInt8.self))
    }

    /// The digest of all so far; begins anew.
    public mutating func finish() -> Digest {
        var bytes = [UInt8](repeating: 0, count: 32)
        nettle_sha256_digest(&context, bytes.count, &bytes)
        return Digest(sha256: bytes)
    }
}

extension Digest {
    /// The digest of a whole document.
    public init(of bytes: [UInt8]) {
        var hash = SHA256()
        bytes.withUnsafeBytes { hash.update($0) }
        self = hash.finish()
    }
}
