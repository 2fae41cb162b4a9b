// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
public import OCI

/// A directory with a specification and a root file system.
/// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/bundle.md
public struct Bundle: Equatable, Sendable {
    /// Absolute, without links.
    public let path: String
    /// config.json as it stands there.
    public let document: [UInt8]

    /// Documents of engines are tens of kilobytes.
    private static let sizeLimit = 16 << 20

    /// Reads the bundle in a directory.
    public init(_ directory: String) throws {
        guard let resolved = realpath(directory, nil) else {
            throw KernelError(action: "open bundle \(directory)", errno: Errno(rawValue: errno))
        }
        defer { free(resolved) }
        path = String(cString: resolved)
        document = try contents(of: "\(path)/config.json", limit: Self.sizeLimit)
    }

    /// The document, understood.
    public func specification() throws -> Spec {
        try Self.specification(document, "\(path)/config.json")
    }

    /// The path of the root file system, which is there.
    func root(of spec: Spec) throws -> String {
        guard let root = spec.root, !root.path.isEmpty else {
            throw LifecycleError.invalid("config.json: root.path is missing")
        }
        let path = root.path.hasPrefix("/") ? root.path : "\(path)/\(root.path)"
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw LifecycleError.invalid("rootfs \(path) does not exist or is no directory")
        }
        return path
    }

    static func specification(_ document: [UInt8], _ path: String) throws -> Spec {
        let spec: Spec
        do { spec = try Spec(json: document) } catch let error as DecodingError {
            throw LifecycleError.invalid("\(path): \(error.line)")
        } catch let error as JSONSyntaxError {
            throw LifecycleError.invalid("\(path): \(error)")
        }
        let major = spec.ociVersion.prefix { $0 != "." }
        guard major == "1", spec.ociVersion.utf8.count > 1 else {
            throw LifecycleError.invalid(
                "\(path): ociVersion \"\(spec.ociVersion)\" is not understood, only 1.x is")
        }
        return spec
    }

    /// Whether the container has users of its own, guessed from the bytes: the word "user" as a
    /// value. To be asked before the document is understood, since protecting the program begins
    /// everything anew.
    public var mentionsUserNamespace: Bool {
        let word = Array("\"user\"".utf8)
        var rest = document[...]
        while let start = rest.firstIndex(of: word[0]) {
            rest = rest[start...]
            guard rest.starts(with: word) else {
                rest = rest.dropFirst()
                continue
            }
            rest = rest.dropFirst(word.count)
            let next = rest.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
            if next != UInt8(ascii: ":") { return true }
        }
        return false
    }
}
