// SPDX-License-Identifier: Apache-2.0

extension Reference {
    /// Parses a name in any of its forms: `busybox` is `docker.io/library/busybox`. A tag is not
    /// added; `tagged` does that.
    public init(parsing text: String) throws(ReferenceError) {
        guard Digest(hex: text) == nil else { throw .isIdentifier(text) }
        let (domain, remainder) = Self.splitDomain(text)
        let name = remainder.prefix { $0 != ":" }
        if name.utf8.contains(where: \.isUppercase) { throw .mustBeLowercase(String(name)) }
        let (body, digest) = try Self.splitDigest(remainder)
        let (path, tag) = Self.splitTag(body)
        guard Self.isDomain(domain), Self.isPath(path), tag.map(Self.isTag) != false else {
            throw .invalidFormat
        }
        guard path.utf8.count <= 255 else { throw .tooLong }
        self.init(domain: domain, path: String(path), tag: tag.map(String.init), digest: digest)
    }

    /// Whether `tag` is one: `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`.
    static func isTag(_ tag: Substring) -> Bool {
        guard let first = tag.utf8.first, tag.utf8.count <= 128 else { return false }
        return isWord(first) && tag.utf8.allSatisfy { isWord($0) || $0 == dot || $0 == dash }
    }

    /// The first component is a host only when it looks like one: it has a dot, a colon or an
    /// upper-case letter, or is `localhost`.
    private static func splitDomain(_ text: String) -> (domain: String, remainder: Substring) {
        var domain = defaultDomain
        var remainder = text[...]
        if let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) {
            let first = text[..<slash]
            let isHost = first.utf8.contains { $0 == dot || $0 == colon || $0.isUppercase }
            if isHost || first == "localhost" {
                domain = first == "index.docker.io" ? defaultDomain : String(first)
                remainder = text[slash...].dropFirst()
            }
        }
        if domain == defaultDomain, !remainder.utf8.contains(UInt8(ascii: "/")) {
            remainder = (officialPrefix + remainder)[...]
        }
        return (domain, remainder)
    }

    private static func splitDigest(
        _ text: Substring
    ) throws(ReferenceError) -> (Substring, Digest?) {
        guard let at = text.utf8.firstIndex(of: UInt8(ascii: "@")) else { return (text, nil) }
        let digest = String(text[at...].dropFirst())
        guard digest.utf8.contains(colon), digest.utf8.count > 32 else { throw .invalidFormat }
        do { return (text[..<at], try Digest(parsing: digest)) } catch { throw .digest(error) }
    }

    private static func splitTag(_ text: Substring) -> (Substring, Substring?) {
        guard let mark = text.utf8.firstIndex(of: colon) else { return (text, nil) }
        return (text[..<mark], text[mark...].dropFirst())
    }

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` for every component.
    private static func isPath(_ path: Substring) -> Bool {
        path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { component in
            var separator: [UInt8] = [dot]  // as if one had just been seen: none may come first
            for byte in component.utf8 {
                if byte.isLowercase || byte.isDigit {
                    separator = []
                } else {
                    separator.append(byte)
                    guard isSeparator(separator) else { return false }
                }
            }
            return separator.isEmpty
        }
    }

    private static func isSeparator(_ bytes: [UInt8]) -> Bool {
        bytes == [dot] || bytes == [underscore] || bytes == [underscore, underscore]
            || bytes.allSatisfy { $0 == dash }
    }

    /// A host name or an IPv6 address in brackets, with or without a port.
    private static func isDomain(_ domain: String) -> Bool {
        var host = domain[...]
        let afterBracket = domain.utf8.lastIndex(of: UInt8(ascii: "]")) ?? domain.startIndex
        if let mark = domain[afterBracket...].utf8.lastIndex(of: colon) {
            let port = domain[mark...].dropFirst()
            guard !port.isEmpty, port.utf8.allSatisfy(\.isDigit) else { return false }
            host = domain[..<mark]
        }
        if host.utf8.first == UInt8(ascii: "[") {
            let inside = host.dropFirst().dropLast()
            return host.utf8.last == UInt8(ascii: "]") && !inside.isEmpty
                && inside.utf8.allSatisfy { $0.isHexDigit || $0 == colon }
        }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.utf8.first != dash && label.utf8.last != dash
                && label.utf8.allSatisfy { $0.isLetterOrDigit || $0 == dash }
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool { byte.isLetterOrDigit || byte == underscore }

    private static var dot: UInt8 { UInt8(ascii: ".") }
    private static var colon: UInt8 { UInt8(ascii: ":") }
    private static var dash: UInt8 { UInt8(ascii: "-") }
    private static var underscore: UInt8 { UInt8(ascii: "_") }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool { isLowercase || isUppercase || isDigit }
    fileprivate var isHexDigit: Bool { isLowercaseHex || (0x41...0x46).contains(self) }
}
