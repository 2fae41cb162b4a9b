// SPDX-License-Identifier: Apache-2.0

public import OCI
internal import SQLite

/// Something that happened to an object, in Docker's words
/// (https://docs.docker.com/reference/cli/docker/system/events/).
public struct Event: Equatable, Sendable {
    /// What kind of object it happened to.
    public enum Kind: String, Sendable { case container, image, volume, network, daemon, builder }

    public let kind: Kind
    /// `start`, `health_status: healthy`.
    public let action: String
    /// The object's ID; a volume's or an image's name.
    public let actor: String
    /// What Docker tells besides: `name`, `image`, `exitCode`, labels.
    public let attributes: [String: String]
    public let time: Timestamp

    public init(
        _ kind: Kind, _ action: String, _ actor: String, _ attributes: [String: String] = [:],
        at time: Timestamp = .now
    ) {
        self.kind = kind
        self.action = action
        self.actor = actor
        self.attributes = attributes
        self.time = time
    }

    /// Something that happened to a container: its labels, image and name are told with it.
    public init(
        _ container: Container, _ action: String, _ details: [String: String] = [:],
        at time: Timestamp = .now
    ) {
        var attributes = container.record.configuration.labels
        attributes["image"] = container.record.configuration.image
        attributes["name"] = container.name
        attributes.merge(details) { _, detail in detail }
        self.init(.container, action, container.id, attributes, at: time)
    }

    /// The attributes in the order of their names, as Docker prints them.
    public var sortedAttributes: [(key: String, value: String)] {
        attributes.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { (key: $0.key, value: $0.value) }
    }

    /// Docker's JSON of it, with the older names that scripts still read.
    public var document: JSONValue {
        var object = JSONObject()
        if kind == .container || kind == .image {
            object["status"] = .string(action)
            object["id"] = .string(actor)
        }
        if kind == .container { object["from"] = .string(attributes["image"] ?? "") }
        object["Type"] = .string(kind.rawValue)
        object["Action"] = .string(action)
        object["Actor"] = .object(
            JSONObject([("ID", .string(actor)), ("Attributes", attributesDocument)]))
        object["scope"] = "local"
        object["time"] = .integer(time.seconds)
        object["timeNano"] = .integer(time.nanosecondsSinceEpoch)
        return .object(object)
    }

    var attributesDocument: JSONValue {
        .object(JSONObject(sortedAttributes.map { ($0.key, .string($0.value)) }))
    }
}

extension Event {
    /// What happens to the volumes of a container that starts or has ended: `mount`, `unmount`.
    static func volumes(
        of container: Container, _ action: String, at time: Timestamp
    ) -> [Event] {
        container.record.mounts.filter { $0.type == .volume }.map { mount in
            var attributes = ["container": container.id, "driver": "local"]
            if action == "mount" {
                attributes["destination"] = mount.destination
                attributes["propagation"] = mount.propagation
                attributes["read/write"] = "\(mount.isWritable)"
            }
            return Event(.volume, action, mount.name ?? "", attributes, at: time)
        }
    }

    /// The events of a container's end, in Docker's order.
    static func end(
        of container: Container, exitCode: Int32, outOfMemory: Bool, at time: Timestamp,
        in database: borrowing Database
    ) throws -> [Event] {
        var details = ["exitCode": "\(exitCode)"]
        if let started = container.started {
            details["execDuration"] = "\(max(0, time.seconds(since: started)))"
        }
        return (outOfMemory ? [Event(container, "oom", at: time)] : [])
            + [Event(container, "die", details, at: time)]
            + (try networks(of: container, "disconnect", at: time, in: database))
            + volumes(of: container, "unmount", at: time)
    }
}
