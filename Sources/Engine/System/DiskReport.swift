// SPDX-License-Identifier: Apache-2.0

internal import Images
internal import OCI
internal import SQLite

/// What the engine's things occupy of the disk.
public struct DiskReport: Sendable {
    /// How much of one kind of things there is.
    public struct Sum: Equatable, Sendable {
        public var count = 0
        /// How many of them are in use.
        public var active = 0
        /// Bytes, what several share counted once.
        public var size: Int64 = 0
        /// Bytes that would be free if everything went that is not in use.
        public var reclaimable: Int64 = 0

        /// Nothing.
        public init() {}
    }

    /// With sizes of all that is on disk for them, shared parts, and users.
    public var images: [ImageSummary] = []
    public var containers: [ContainerSummary] = []
    public var volumes: [VolumeSummary] = []
    /// Of images: pieces that several have count once.
    public var imageSum = Sum()

    /// Nothing so far.
    public init() {}

    /// Of the files that containers wrote.
    public var containerSum: Sum {
        containers.reduce(into: Sum()) { sum, container in
            let isActive = [.running, .paused, .restarting].contains(container.state)
            sum.add(size: container.size?.written ?? 0, isActive: isActive)
        }
    }

    /// Of the volumes' files.
    public var volumeSum: Sum {
        volumes.reduce(into: Sum()) { $0.add(size: $1.size ?? 0, isActive: $1.links > 0) }
    }
}

extension DiskReport.Sum {
    fileprivate mutating func add(size: Int64, isActive: Bool) {
        count += 1
        active += isActive ? 1 : 0
        self.size += size
        reclaimable += isActive ? 0 : size
    }
}

extension Engine {
    /// Measures everything: it walks over what containers and volumes hold.
    public func diskReport() throws -> DiskReport {
        var report = DiskReport()
        let database = try open()
        var counts: [String: Int] = [:]
        try database.query("SELECT image, count(*) FROM containers GROUP BY image") {
            counts["sha256:\($0.text(0))"] = Int($0.integer(1))
        }
        let footprints = try images.footprints(in: database)
        report.imageSum = Self.sum(footprints, counts)
        // What pulls have fetched that broke off is nobody's yet.
        let unfinished = images.partialSize()
        report.imageSum.size += unfinished
        report.imageSum.reclaimable += unfinished
        report.images = Self.summaries(try listImages(), footprints, counts)
        report.imageSum.count = report.images.count
        report.imageSum.active = report.images.count { ($0.containers ?? 0) > 0 }
        var listing = ContainerListing()
        (listing.all, listing.sizes) = (true, true)
        report.containers = try list(listing)
        report.volumes = try listVolumes(sizes: true)
        return report
    }

    private static func sum(
        _ footprints: [ImageFootprint], _ users: [String: Int]
    ) -> DiskReport.Sum {
        func pieces(_ footprints: [ImageFootprint]) -> Int64 {
            let union: [String: Int64] = footprints.reduce(into: [:]) {
                $0.merge($1.pieces) { $1 }
            }
            return union.values.reduce(0, +)
        }
        var sum = DiskReport.Sum()
        sum.size = pieces(footprints)
        sum.reclaimable =
            sum.size - pieces(footprints.filter { (users["\($0.image.id)"] ?? 0) > 0 })
        return sum
    }

    private static func summaries(
        _ images: [ImageSummary], _ footprints: [ImageFootprint], _ users: [String: Int]
    ) -> [ImageSummary] {
        var owners: [String: Int] = [:]
        for footprint in footprints {
            for piece in footprint.pieces.keys { owners[piece, default: 0] += 1 }
        }
        let byID = Dictionary(footprints.map { ("\($0.image.id)", $0) }) { first, _ in first }
        return images.map { image in
            var image = image
            image.containers = users[image.id] ?? 0
            if let footprint = byID[image.id] {
                image.size = footprint.size
                image.sharedSize = footprint.pieces.reduce(0) {
                    $0 + ((owners[$1.key] ?? 0) > 1 ? $1.value : 0)
                }
            }
            return image
        }
    }
}
