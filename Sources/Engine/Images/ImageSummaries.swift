// SPDX-License-Identifier: Apache-2.0

internal import Images
internal import OCI
internal import SQLite

extension Engine {
    /// The images that `filters` let through, the newest first.
    /// - Throws: `FilterError` for filters that do not exist or name what does not exist.
    public func listImages(_ filters: Filters = Filters()) throws -> [ImageSummary] {
        let database = try open()
        var instants: [String: Timestamp] = [:]
        for name in (filters["before"] ?? []) + (filters["since"] ?? []) {
            let created = try image(name, platform: nil, in: database).created
            instants[name] = Timestamp(nanosecondsSinceEpoch: created)
        }
        let filter = try ImageFilter(filters) { name throws(FilterError) in
            guard let instant = instants[name] else { throw .refused("No such image: \(name)") }
            return instant
        }
        // An image's labels stand in its configuration, which costs time to read.
        let withLabels = filters["label"] != nil
        return try summaries(withLabels: withLabels, in: database).compactMap(filter.apply)
    }

    private func summaries(
        withLabels: Bool, in database: borrowing Database
    ) throws -> [ImageSummary] {
        var summaries: [ImageSummary] = []
        for listing in try images.images(in: database) {
            let id = "\(listing.image.id)"
            if summaries.last?.id != id {
                summaries.append(
                    ImageSummary(
                        id: id, tags: [],
                        created: Timestamp(nanosecondsSinceEpoch: listing.image.created),
                        size: listing.image.size,
                        labels: withLabels
                            ? try listing.image.configuration().config?.labels ?? [:] : [:]))
            }
            summaries[summaries.count - 1].add(listing)
        }
        return summaries
    }
}

extension ImageSummary {
    fileprivate mutating func add(_ listing: ImageListing) {
        guard let reference = listing.reference else { return }
        if reference.tag != nil { tags.append(reference.with(tag: reference.tag).familiar) }
        if let digest = listing.digest ?? reference.digest {
            let name = reference.with(digest: digest).familiar
            if !digests.contains(name) { digests.append(name) }
        }
    }
}
