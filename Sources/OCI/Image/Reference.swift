// SPDX-License-Identifier: Apache-2.0

/// An image's name: `[host[:port]/]path[:tag][@digest]`, always with its host, as the familiar short
/// forms mean it.
///
/// https://github.com/distribution/reference/blob/main/reference.go (grammar and short forms)
public struct Reference: Hashable, Sendable {
    /// The registry's host and port: `docker.io`, `localhost:5000`.
    public let domain: String
    /// The repository's path there: `library/busybox`.
    public let path: String
    public let tag: String?
    public let digest: Digest?

    /// The tag of a name that has neither tag nor digest.
    public static let defaultTag = "latest"
    static let defaultDomain = "docker.io"
    static let officialPrefix = "library/"

    init(domain: String, path: String, tag: String?, digest: Digest?) {
        self.domain = domain
        self.path = path
        self.tag = tag
        self.digest = digest
    }

    /// Host and path: `docker.io/library/busybox`.
    public var repository: String { "\(domain)/\(path)" }

    /// The repository as people write it: `busybox`, `someone/thing`, `localhost:5000/thing`.
    public var familiarRepository: String {
        guard domain == Self.defaultDomain else { return repository }
        guard path.hasPrefix(Self.officialPrefix) else { return path }
        let name = path.dropFirst(Self.officialPrefix.utf8.count)
        return name.utf8.contains(UInt8(ascii: "/")) ? path : String(name)
    }

    private var suffix: String {
        (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    /// The whole name as people write it: `busybox:latest`.
    public var familiar: String { familiarRepository + suffix }

    /// The whole name with nothing left out: `docker.io/library/busybox:latest`.
    public var canonical: String { repository + suffix }

    /// The same with `latest` where neither tag nor digest stands.
    public var tagged: Reference {
        guard tag == nil, digest == nil else { return self }
        return Reference(domain: domain, path: path, tag: Self.defaultTag, digest: nil)
    }

    /// The same repository under another tag, without digest.
    public func with(tag: String?) -> Reference {
        Reference(domain: domain, path: path, tag: tag, digest: nil)
    }

    /// The same repository by digest alone.
    public func with(digest: Digest) -> Reference {
        Reference(domain: domain, path: path, tag: nil, digest: digest)
    }
}

extension Reference: CustomStringConvertible {
    public var description: String { familiar }
}

/// Why a text is no image name, in Docker's words.
public enum ReferenceError: Error, Equatable, CustomStringConvertible {
    case invalidFormat
    case mustBeLowercase(String)
    /// 64 hexadecimal digits are an ID, never a name.
    case isIdentifier(String)
    case tooLong
    case digest(DigestError)

    public var description: String {
        switch self {
        case .invalidFormat: "invalid reference format"
        case .mustBeLowercase(let name):
            "invalid reference format: repository name (\(name)) must be lowercase"
        case .isIdentifier(let text):
            "invalid repository name (\(text)), cannot specify 64-byte hexadecimal strings"
        case .tooLong: "repository name must not be more than 255 characters"
        case .digest(let error): error.description
        }
    }
}
