// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux
public import OCI

/// Compiled filters on disk. libseccomp takes some 13 ms for the default profile; a hit is one
/// small file read, without profile and without JSON.
///
/// A file is named for a hash of its key and holds the key whole, so that a filter is never taken
/// for another's. The key has all that shapes a program: the profile, the capabilities it depends
/// on, the machine's architecture and the compiler's version. A file that is torn, shortened or
/// otherwise not what was written is compiled anew. Nothing is ever changed in place.
public struct SeccompCache: Sendable {
    /// Readable and writable by the engine alone; made when missing.
    public let directory: String

    /// A cache in this directory; nothing is read or made yet.
    public init(directory: String) { self.directory = directory }

    /// The default profile's program for a bounding set.
    /// - Parameter allowsSocketcall: see `DefaultProfile.seccomp`.
    public func defaultProgram(
        capabilities: CapabilitySet, allowsSocketcall: Bool = false
    ) throws -> [UInt8] {
        let relevant = capabilities.intersection(DefaultProfile.relevantCapabilities)
        let key =
            "default \(DefaultProfile.revision) \(relevant.rawValue) "
            + "\(allowsSocketcall ? "socketcall" : "-") \(compiler)"
        return try program(key: key) {
            DefaultProfile.seccomp(capabilities: relevant, allowsSocketcall: allowsSocketcall)
        }
    }

    /// The program of any other profile.
    public func program(for profile: Seccomp) throws -> [UInt8] {
        try program(key: "custom \(compiler) \(try profile.json().text())") { profile }
    }

    private var compiler: String {
        "\(SeccompFilter.nativeArchitecture) \(SeccompFilter.compilerVersion)"
    }

    private func program(key: String, profile: () -> Seccomp) throws -> [UInt8] {
        let key = Array(key.utf8)
        let name = "\(String(Checksum(key).value, radix: 16)).bpf"
        // Without a place to keep it the container starts all the same.
        guard let place = openDirectory() else { return try SeccompFilter(profile()).compiled() }
        if let file = try? OwnedFD.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, at: place.raw),
            let bytes = try? file.readAll(limit: 1 << 22),
            let program = CachedProgram.program(in: bytes, key: key)
        {
            return program
        }
        let program = try SeccompFilter(profile()).compiled()
        try? store(CachedProgram.bytes(program, key: key), as: name, in: place.raw)
        return program
    }

    /// The directory, when nobody but this user can have put anything there: what lies in it decides
    /// which system calls a container may make.
    private func openDirectory() -> OwnedFD? {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
        if !exists(directory) { try? makeDirectories(directory, mode: 0o700) }
        guard let place = try? OwnedFD.open(directory, flags) else { return nil }
        var status = stat()
        guard fstat(place.raw, &status) == 0, status.st_uid == geteuid(),
            status.st_mode & 0o077 == 0
        else { return nil }
        return place
    }

    /// In one step, so that readers see the whole or nothing.
    private func store(_ bytes: [UInt8], as name: String, in place: CInt) throws(Errno) {
        let temporary = "\(name).\(getpid()).tmp"
        do throws(Errno) {
            unlinkat(place, temporary, 0)
            try OwnedFD.open(
                temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600, at: place
            ).writeAll(bytes)
            try syscall { renameat(place, temporary, place, name) }
        } catch {
            unlinkat(place, temporary, 0)
            throw error
        }
    }
}

/// A file of the cache: what it is, two lengths and a checksum, 24 bytes in all; then the key and
/// the program.
enum CachedProgram {
    private static let magic: UInt64 = 0x0001_7069_6C74_6573
    private static let headerLength = 24

    static func bytes(_ program: [UInt8], key: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        withUnsafeBytes(of: magic.littleEndian) { bytes += $0 }
        withUnsafeBytes(of: UInt32(key.count).littleEndian) { bytes += $0 }
        withUnsafeBytes(of: UInt32(program.count).littleEndian) { bytes += $0 }
        withUnsafeBytes(of: Checksum(key + program).value.littleEndian) { bytes += $0 }
        return bytes + key + program
    }

    /// The program, when the file is whole and has this key.
    static func program(in bytes: [UInt8], key: [UInt8]) -> [UInt8]? {
        guard bytes.count > headerLength + key.count else { return nil }
        let body = bytes[headerLength...]
        let program = body.dropFirst(key.count)
        let lengths = UInt64(key.count) | UInt64(program.count) << 32
        guard word(bytes, at: 0) == magic, word(bytes, at: 8) == lengths,
            program.count % 8 == 0, body.starts(with: key),
            word(bytes, at: 16) == Checksum(body).value
        else { return nil }
        return Array(program)
    }

    private static func word(_ bytes: [UInt8], at offset: Int) -> UInt64 {
        bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// FNV-1a with 64 bits (draft-eastlake-fnv): finds accidents. The directory's mode keeps intent
/// out.
struct Checksum {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }
}
