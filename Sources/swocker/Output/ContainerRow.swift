// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

/// A row of `ps`.
struct ContainerRow: ListRow {
    let container: ContainerSummary
    /// `--no-trunc` clears it.
    var isTruncated = true
    /// What durations count from.
    var now = Timestamp.now

    static let typeName = "*formatter.ContainerContext"
    static let quiet = (field: "ID", rawLabel: "container_id")
    static let announcement = (
        parse: "failed to parse template", execution: "failed to execute template"
    )
    static let fields = [
        "Command", "CreatedAt", "ID", "Image", "Labels", "LocalVolumes", "Mounts", "Names",
        "Networks", "Platform", "Ports", "RunningFor", "Size", "State", "Status",
    ]

    static func columns(_ options: ListColumns) -> [String] {
        if options.contains(.usage) {
            return [
                "ID", "Image", "Command", "LocalVolumes", "Size", "RunningFor", "Status", "Names",
            ]
        }
        return ["ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"]
            + (options.contains(.size) ? ["Size"] : [])
    }

    static func title(_ field: String) -> String? {
        switch field {
        case "ID": "CONTAINER ID"
        case "Image": "IMAGE"
        case "Command": "COMMAND"
        case "CreatedAt": "CREATED AT"
        case "RunningFor": "CREATED"
        case "Ports": "PORTS"
        case "State": "STATE"
        case "Status": "STATUS"
        case "Size": "SIZE"
        case "Names": "NAMES"
        case "Labels": "LABELS"
        case "Mounts": "MOUNTS"
        case "LocalVolumes": "LOCAL VOLUMES"
        case "Networks": "NETWORKS"
        case "Platform": "PLATFORM"
        default: nil
        }
    }

    static func rawTemplate(_ options: ListColumns) -> String? {
        let size = options.contains(.size) ? "size: {{.Size}}\n" : ""
        return """
            container_id: {{.ID}}
            image: {{.Image}}
            command: {{.Command}}
            created_at: {{.CreatedAt}}
            state: {{- pad .State 1 0}}
            status: {{- pad .Status 1 0}}
            names: {{.Names}}
            labels: {{- pad .Labels 1 0}}
            ports: {{- pad .Ports 1 0}}
            \(size)
            """
    }

    func field(_ name: String) -> String? {
        switch name {
        case "ID": isTruncated ? shortID(container.id) : container.id
        case "Image": image
        case "Command": container.commandText(cells: isTruncated ? 20 : nil)
        case "CreatedAt": container.created.listText
        case "RunningFor": humanDuration(seconds: now.seconds(since: container.created)) + " ago"
        case "Ports": container.portsText
        case "State": container.state.rawValue
        case "Status": container.statusText(now: now)
        case "Size": size
        case "Names": names
        case "Labels": labelsText(container.labels)
        case "Mounts": mounts
        case "LocalVolumes":
            String(
                container.mounts.count { $0.type == "volume" && $0.driver ?? "local" == "local" })
        case "Networks": container.networks.map(\.name).joined(separator: ",")
        case "Platform": "<nil>"
        default: nil
        }
    }

    func method(_ name: String, _ argument: String) -> String? {
        name == "Label" ? container.labels[argument] ?? "" : nil
    }

    /// Docker's has no text for the platform.
    var document: JSONValue {
        .object(
            JSONObject(
                Self.fields.map { name in
                    (name, name == "Platform" ? .null : .string(field(name) ?? ""))
                }))
    }

    private var image: String {
        guard container.imageIsCurrent else {
            return isTruncated ? shortID(container.imageID) : container.imageID
        }
        guard !container.image.isEmpty else { return "<no image>" }
        guard isTruncated else { return container.image }
        let short = shortID(container.image)
        if short == shortID(container.imageID) { return short }
        // A tag says enough; a digest behind it is cut.
        let parts = container.image.split(separator: "@", maxSplits: 1)
        let name = parts[0].split(separator: "/").last ?? ""
        return parts.count == 2 && name.contains(":") ? String(parts[0]) : container.image
    }

    private var names: String {
        let names = isTruncated ? container.names.filter { !$0.contains("/") } : container.names
        return names.joined(separator: ",")
    }

    private var size: String {
        guard let size = container.size else { return "0B" }
        let written = humanSize(size.written)
        guard size.rootFileSystem > 0 else { return written }
        return "\(written) (virtual \(humanSize(size.rootFileSystem)))"
    }

    private var mounts: String {
        container.mounts.map { mount in
            let name = mount.name ?? mount.source
            return isTruncated ? shortened(name, to: 15) : name
        }.joined(separator: ",")
    }
}
