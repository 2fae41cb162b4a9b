// SPDX-License-Identifier: Apache-2.0

/// The filters of `images`
/// (https://docs.docker.com/reference/cli/docker/image/ls/#filter).
public struct ImageFilter {
    static let keys = ["before", "dangling", "label", "reference", "since", "until"]

    private let filters: Filters
    private let isDangling: Bool?
    private let references: [Glob]?
    private let before: Timestamp?
    private let since: Timestamp?

    /// - Parameters:
    ///   - created: when the image of a reference or an ID was created.
    ///   - now: what durations in `until` count back from.
    public init(
        _ filters: Filters, now: Timestamp = .now,
        created: (_ image: String) throws(FilterError) -> Timestamp
    ) throws(FilterError) {
        try filters.require(Self.keys)
        self.filters = filters
        isDangling = try filters.bool("dangling")
        references = try Self.globs(filters["reference"])
        let until = try filters.until(now)
        let before = try filters["before"]?.last.map(created)
        self.before = [until, before].compactMap { $0 }.min()
        since = try filters["since"]?.last.map(created)
    }

    private static func globs(_ patterns: [String]?) throws(FilterError) -> [Glob]? {
        guard let patterns else { return nil }
        var globs: [Glob] = []
        for pattern in patterns {
            guard let glob = Glob(pattern) else { throw .refused("syntax error in pattern") }
            globs.append(glob)
        }
        return globs
    }

    /// The image as it is listed, with the references that were asked for; nil if it is not.
    public func apply(to image: ImageSummary) -> ImageSummary? {
        guard isDangling == nil || isDangling == image.isDangling,
            filters.matchLabels(image.labels), before.map({ image.created < $0 }) ?? true,
            since.map({ image.created > $0 }) ?? true
        else { return nil }
        guard let references else { return image }
        var image = image
        image.tags.removeAll { !Self.matches(references, $0, name: Self.name(tagged: $0)) }
        image.digests.removeAll { digest in
            let name = digest.prefix { $0 != "@" }
            return !Self.matches(references, digest, name: String(name))
        }
        return image.tags.isEmpty && image.digests.isEmpty ? nil : image
    }

    private static func matches(_ globs: [Glob], _ reference: String, name: String) -> Bool {
        globs.contains { $0.matches(reference) || $0.matches(name) }
    }

    /// `host:5000/name` of `host:5000/name:tag`.
    private static func name(tagged reference: String) -> String {
        let tagLength = reference.reversed().prefix { $0 != ":" && $0 != "/" }.count
        let end = reference.dropLast(tagLength)
        return end.hasSuffix(":") ? String(end.dropLast()) : reference
    }
}
