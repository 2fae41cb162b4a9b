// SPDX-License-Identifier: Apache-2.0

internal import Images
internal import OCI
internal import SQLite

/// What `ps` asks for.
public struct ContainerListing: Sendable {
    /// Whether containers that do not run are listed too.
    public var all = false
    /// Only so many, the newest, in any state; nil for no limit.
    public var last: Int?
    public var filters = Filters()
    /// Whether the disk is walked for what each container wrote.
    public var sizes = false
    /// Whether the IDs alone are shown, so that records need not be read.
    public var onlyIDs = false

    public init() {}

    /// Whether nothing but columns of the table is asked for.
    var needsNoRecord: Bool {
        onlyIDs && !sizes
            && ["ancestor", "expose", "label", "network", "publish", "volume"].allSatisfy {
                filters[$0] == nil
            }
    }
}

extension Engine {
    /// The containers that a listing asks for, the newest first.
    /// - Throws: `FilterError` for filters that do not exist or name what does not exist.
    public func list(_ listing: ContainerListing) throws -> [ContainerSummary] {
        let database = try open()
        let filter = try filter(listing.filters, in: database)
        let limit = listing.last.flatMap { $0 > 0 ? $0 : nil }
        let all = listing.all || limit != nil || filter.impliesAll
        var reading = SummaryReading(engine: self, withRecords: !listing.needsNoRecord)
        try reading.read(
            onlyRunning: !all, limit: listing.filters.isEmpty ? limit : nil, from: database)
        var found: [ContainerSummary] = []
        for index in reading.summaries.indices {
            if let limit, found.count == limit { break }
            let summary = try reading.current(at: index, in: database)
            guard let summary, all || summary.state.isUp, filter.matches(summary) else { continue }
            found.append(summary)
        }
        if listing.sizes { try measure(&found, in: database) }
        return found
    }

    private func filter(
        _ filters: Filters, in database: borrowing Database
    ) throws -> ContainerFilter {
        // Looked up here, because the filter's questions cannot carry the database.
        var instants: [String: Timestamp] = [:]
        for name in (filters["before"] ?? []) + (filters["since"] ?? []) {
            instants[name] = try ContainerTable.find(name, in: database).created
        }
        var images: [String: Set<String>] = [:]
        for name in filters["ancestor"] ?? [] {
            images[name] = try descendants(ofImage: name, in: database)
        }
        return try ContainerFilter(
            filters,
            lookup: ContainerFilter.Lookup(
                created: { name throws(FilterError) in
                    guard let instant = instants[name] else {
                        throw .refused("No such container: \(name)")
                    }
                    return instant
                }, descendants: { images[$0] ?? [] }))
    }

    /// The IDs of an image and of all that have its layers at the bottom.
    private func descendants(
        ofImage name: String, in database: borrowing Database
    ) throws -> Set<String> {
        guard let ancestor = try? images.image(name, in: database) else { return [] }
        var found: Set<String> = ["\(ancestor.id)"]
        for listing in try images.images(in: database)
        where listing.image.diffIDs.starts(with: ancestor.diffIDs) {
            found.insert("\(listing.image.id)")
        }
        return found
    }

    private func measure(
        _ summaries: inout [ContainerSummary], in database: borrowing Database
    ) throws {
        var images: [String: Int64] = [:]
        for index in summaries.indices {
            let id = summaries[index].imageID
            let image = try images[id] ?? imageSize(id, in: database)
            images[id] = image
            let written = diskUsage(of: location.container(summaries[index].id).upper)
            summaries[index].size = .init(written: written, rootFileSystem: written + image)
        }
    }

    /// Bytes of an image's layers; 0 for one that is gone.
    func imageSize(_ id: String, in database: borrowing Database) throws -> Int64 {
        guard let digest = try? Digest(parsing: id) else { return 0 }
        return try images.image(id: digest, in: database)?.size ?? 0
    }
}

extension ContainerSummary.State {
    /// Whether `ps` without `--all` lists it.
    fileprivate var isUp: Bool { self == .running || self == .paused || self == .restarting }
}
