// SPDX-License-Identifier: Apache-2.0

internal import SQLite

extension Event {
    /// Something that happened to a network.
    init(_ network: Network, _ action: String) {
        self.init(
            .network, action, network.id,
            ["name": network.name, "type": network.record.driver])
    }

    /// What happens between a container and the networks that it has a place in: `connect`, `disconnect`.
    static func networks(
        of container: Container, _ action: String, at time: Timestamp = .now,
        in database: borrowing Database
    ) throws -> [Event] {
        var events: [Event] = []
        // A container without a bridge is in the network that its mode names.
        try database.query(
            """
            SELECT id, name, json_extract(CAST(record AS TEXT), '$.driver') FROM networks
            WHERE name IN ('host', 'none') AND name = ?2
                OR id IN (SELECT network FROM endpoints WHERE container = ?1)
            ORDER BY name
            """,
            [.text(container.id), .text(container.record.hostConfiguration.networkMode)]
        ) { row in
            events.append(
                Event(
                    .network, action, row.text(0),
                    ["container": container.id, "name": row.text(1), "type": row.text(2)],
                    at: time))
        }
        return events
    }

    /// A container's place in one network, which it got or lost while it was there.
    static func place(
        of container: Container, in network: Network, _ action: String
    ) -> Event {
        Event(
            .network, action, network.id,
            [
                "container": container.id, "name": network.name,
                "type": network.record.driver,
            ])
    }
}
