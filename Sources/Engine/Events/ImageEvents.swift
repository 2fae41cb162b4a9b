// SPDX-License-Identifier: Apache-2.0

public import Images
internal import OCI
internal import SQLite

extension Event {
    /// Something that happened to an image: its labels are told with it.
    /// - Parameter name: nil for the ID, which Docker tells unless a name is what it is about.
    public init(_ image: Image, _ action: String, name: String? = nil) {
        var attributes = (try? image.configuration())?.config?.labels ?? [:]
        attributes["name"] = name ?? "\(image.id)"
        self.init(.image, action, "\(image.id)", attributes)
    }
}

extension Engine {
    /// Tells what a removal took away from an image.
    func recordRemoval(
        _ removed: [RemovalEvent], of image: Image?, in database: borrowing Database
    ) throws {
        guard let image else { return }
        let events = removed.compactMap { removal -> Event? in
            switch removal {
            case .untagged: Event(image, "untag")
            case .deleted(image.id): Event(image, "delete")
            case .deleted: nil
            }
        }
        try EventTable.add(events, in: database)
    }
}
