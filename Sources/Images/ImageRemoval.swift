// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Linux
public import OCI
public import SQLite

/// One line of what a removal did.
public enum RemovalEvent: Equatable, Sendable, CustomStringConvertible {
    /// A name, by tag or by digest.
    case untagged(Reference)
    /// An image's ID, or the chain ID of a layer that no other image has.
    case deleted(Digest)

    public var description: String {
        switch self {
        case .untagged(let reference): "Untagged: \(reference.familiar)"
        case .deleted(let digest): "Deleted: \(digest)"
        }
    }
}

/// A container that stands on an image.
public struct ImageUser: Equatable, Sendable {
    public let id: String
    public let isRunning: Bool

    public init(id: String, isRunning: Bool) {
        self.id = id
        self.isRunning = isRunning
    }
}

extension ImageStore {
    /// Removes a name, and the image with its last one, by Docker's rules: a name goes unless it is the
    /// last of an image that a container uses; an ID takes its names along if they are of one
    /// repository; `force` overrules all but running containers.
    ///
    /// An image that a stopped container still stands on loses its names and leaves the lists; its
    /// files go when the container has gone.
    /// - Parameter users: the containers that were made from an image.
    /// - Throws: `ImageError`, with Docker's words.
    public func remove(
        _ name: String, force: Bool = false, in database: borrowing Database,
        users: (Digest) throws -> [ImageUser]
    ) throws -> [RemovalEvent] {
        let events = try database.transaction { () throws in
            guard let image = try image(name, in: database) else {
                throw ImageError.noSuchImage(Self.shown(name))
            }
            var removal = Removal(
                image: image, force: force, users: try users(image.id),
                references: try references(to: image.id, in: database))
            return try removal.run(name, in: database)
        }
        try collectGarbage(in: database) { try !users($0).isEmpty }
        return events
    }
}

/// One removal under way, inside its transaction.
struct Removal {
    let image: Image
    let force: Bool
    let users: [ImageUser]
    var references: [Reference]
    var events: [RemovalEvent] = []

    init(image: Image, force: Bool, users: [ImageUser], references: [Reference]) {
        self.image = image
        self.force = force
        self.users = users
        self.references = references
    }

    /// Whether all names are of one repository and at most one is a tag.
    private var isSingle: Bool {
        references.count { $0.tag != nil } <= 1 && Set(references.map(\.repository)).count <= 1
    }

    mutating func run(
        _ name: String, in database: borrowing Database
    ) throws -> [RemovalEvent] {
        let running = users.first(where: \.isRunning)
        if let reference = named(name) {
            if !force, isSingle, let user = users.first {
                throw ImageError.referenceInUse(name, container: user.id, image: image.id)
            }
            try untag(reference, in: database)
            try untagDigests(of: reference, in: database)
            guard references.isEmpty, running == nil else { return events }
        } else {
            try checkConflicts(running)
            for reference in references { try untag(reference, in: database) }
        }
        try delete(in: database)
        return events
    }

    /// The image's name that was asked for; nil when it was an ID.
    private func named(_ name: String) -> Reference? {
        guard let reference = try? Reference(parsing: name) else { return nil }
        return references.first { $0.key == reference.key }
    }

    /// Takes all names and the image, without looking at anything.
    mutating func runWhole(in database: borrowing Database) throws -> [RemovalEvent] {
        for reference in references { try untag(reference, in: database) }
        try delete(in: database)
        return events
    }

    private func checkConflicts(_ running: ImageUser?) throws {
        if let running {
            throw conflict("image is being used by running container", running, forceHelps: false)
        }
        guard !force else { return }
        guard isSingle else {
            throw ImageError.conflict(
                image: image.id, forceHelps: true,
                reason: "image is referenced in multiple repositories")
        }
        if let stopped = users.first {
            throw conflict("image is being used by stopped container", stopped, forceHelps: true)
        }
    }

    private func conflict(_ reason: String, _ user: ImageUser, forceHelps: Bool) -> ImageError {
        .conflict(
            image: image.id, forceHelps: forceHelps, reason: "\(reason) \(user.id.prefix(12))")
    }

    private mutating func untag(
        _ reference: Reference, in database: borrowing Database
    ) throws(DatabaseError) {
        try database.run("DELETE FROM image_references WHERE name = ?", [.text(reference.key)])
        references.removeAll { $0 == reference }
        events.append(.untagged(reference))
    }

    /// Names by digest go with the last tag of their repository.
    private mutating func untagDigests(
        of removed: Reference, in database: borrowing Database
    ) throws(DatabaseError) {
        let siblings = references.filter { $0.repository == removed.repository }
        guard removed.tag != nil, siblings.allSatisfy({ $0.tag == nil }) else { return }
        for reference in siblings { try untag(reference, in: database) }
    }

    private mutating func delete(in database: borrowing Database) throws(DatabaseError) {
        if users.isEmpty {
            try database.run("DELETE FROM images WHERE id = ?", [.text(image.id.hex)])
        } else {
            try database.run("UPDATE images SET removed = 1 WHERE id = ?", [.text(image.id.hex)])
        }
        events.append(.deleted(image.id))
        var others: Set<Digest> = []
        try database.query("SELECT layers FROM images") { row in
            let layers = row.text(0).split(separator: " ").compactMap { Digest(hex: String($0)) }
            others.formUnion(chainIDs(of: layers))
        }
        for chainID in chainIDs(of: image.diffIDs).reversed() where !others.contains(chainID) {
            events.append(.deleted(chainID))
        }
    }
}

/// The identifiers of the stacks of layers, bottom first: each names a layer with all below it.
///
/// https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid
public func chainIDs(of diffIDs: [Digest]) -> [Digest] {
    var chain: [Digest] = []
    for diffID in diffIDs {
        chain.append(chain.last.map { Digest(of: Array("\($0) \(diffID)".utf8)) } ?? diffID)
    }
    return chain
}
