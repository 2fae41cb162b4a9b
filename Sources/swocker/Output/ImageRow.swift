// SPDX-License-Identifier: Apache-2.0

import Engine

/// A row of `images`: one reference of an image.
struct ImageRow: ListRow {
    let image: ImageSummary
    /// `<none>` for an image without a name; likewise the next two.
    let repository: String
    let tag: String
    let digest: String
    /// `--no-trunc` clears it.
    var isTruncated = true
    /// What durations count from.
    var now = Timestamp.now

    static let typeName = "*formatter.imageContext"
    static let quiet = (field: "ID", rawLabel: "image_id")
    static let fields = [
        "Containers", "CreatedAt", "CreatedSince", "Digest", "ID", "Repository", "SharedSize",
        "Size", "Tag", "UniqueSize", "VirtualSize",
    ]

    static func columns(_ options: ListColumns) -> [String] {
        if options.contains(.usage) {
            return [
                "Repository", "Tag", "ID", "CreatedSince", "Size", "SharedSize", "UniqueSize",
                "Containers",
            ]
        }
        return ["Repository", "Tag"] + (options.contains(.digests) ? ["Digest"] : [])
            + ["ID", "CreatedSince", "Size"]
    }

    static func title(_ field: String) -> String? {
        switch field {
        case "ID": "IMAGE ID"
        case "Repository": "REPOSITORY"
        case "Tag": "TAG"
        case "Digest": "DIGEST"
        case "CreatedSince": "CREATED"
        case "CreatedAt": "CREATED AT"
        case "Size", "VirtualSize": "SIZE"
        case "Containers": "CONTAINERS"
        case "SharedSize": "SHARED SIZE"
        case "UniqueSize": "UNIQUE SIZE"
        default: nil
        }
    }

    static func title(_ method: String, _ argument: String) -> String? { nil }

    static func rawTemplate(_ options: ListColumns) -> String? {
        let digest = options.contains(.digests) ? "digest: {{.Digest}}\n" : ""
        return """
            repository: {{.Repository}}
            tag: {{.Tag}}
            \(digest)image_id: {{.ID}}
            created_at: {{.CreatedAt}}
            virtual_size: {{.Size}}

            """
    }

    func field(_ name: String) -> String? {
        switch name {
        case "ID": isTruncated ? shortID(image.id) : image.id
        case "Repository": repository
        case "Tag": tag
        case "Digest": digest
        case "CreatedSince": humanDuration(seconds: now.seconds(since: image.created)) + " ago"
        case "CreatedAt": image.created.listText
        case "Size": humanSize(image.size)
        case "VirtualSize": humanSize(image.size, digits: 4)
        case "Containers": image.containers.map(String.init) ?? "N/A"
        case "SharedSize": image.sharedSize.map { humanSize($0, digits: 4) } ?? "N/A"
        case "UniqueSize": image.sharedSize.map { humanSize(image.size - $0, digits: 4) } ?? "N/A"
        default: nil
        }
    }

    /// The rows of `images` in their order, one for each tag, and for each digest if those show.
    static func rows(
        of images: [ImageSummary], isTruncated: Bool = true, showsDigests: Bool = false,
        now: Timestamp = .now
    ) -> [ImageRow] {
        images.flatMap { image in
            image.names(withDigests: showsDigests).map {
                ImageRow(
                    image: image, repository: $0.repository, tag: $0.tag, digest: $0.digest,
                    isTruncated: isTruncated, now: now)
            }
        }
    }
}

extension ImageSummary {
    fileprivate typealias Name = (repository: String, tag: String, digest: String)

    /// The names to list: tags with the digests of their repository, then digests without a tag.
    fileprivate func names(withDigests: Bool) -> [Name] {
        guard !tags.isEmpty || !digests.isEmpty else { return [("<none>", "<none>", "<none>")] }
        let byDigest = digests.map { reference in
            let parts = reference.split(separator: "@", maxSplits: 1)
            return (repository: String(parts[0]), digest: String(parts.last ?? ""))
        }
        var names: [Name] = []
        var tagged: Set<String> = []
        for reference in tags {
            let (repository, tag) = Self.parts(of: reference)
            tagged.insert(repository)
            let matching = byDigest.filter { $0.repository == repository }
            if matching.isEmpty || !withDigests {
                names.append((repository, tag, "<none>"))
            } else {
                names += matching.map { (repository, tag, $0.digest) }
            }
        }
        for (repository, digest) in byDigest where !tagged.contains(repository) {
            names.append((repository, "<none>", withDigests ? digest : "<none>"))
        }
        return names
    }

    private static func parts(of reference: String) -> (repository: String, tag: String) {
        let tag = String(String(reference.reversed().prefix { $0 != ":" && $0 != "/" }).reversed())
        let rest = reference.dropLast(tag.count)
        return rest.hasSuffix(":") ? (String(rest.dropLast()), tag) : (reference, "<none>")
    }
}
