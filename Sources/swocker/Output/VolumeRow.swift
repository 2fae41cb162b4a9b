// SPDX-License-Identifier: Apache-2.0

import Engine

/// A row of `volume ls`, and of the volumes in `system df -v`.
struct VolumeRow: ListRow {
    let summary: VolumeSummary

    static let typeName = "*formatter.volumeContext"
    static let quiet = (field: "Name", rawLabel: "name")
    static let fields = [
        "Availability", "Driver", "Group", "Labels", "Links", "Mountpoint", "Name", "Scope",
        "Size", "Status",
    ]

    static func columns(_ options: ListColumns) -> [String] {
        options.contains(.usage) ? ["Name", "Links", "Size"] : ["Driver", "Name"]
    }

    static func title(_ field: String) -> String? {
        switch field {
        case "Name": "VOLUME NAME"
        default: fields.contains(field) ? field.uppercased() : nil
        }
    }

    static func rawTemplate(_ options: ListColumns) -> String? {
        "name: {{.Name}}\ndriver: {{.Driver}}\n"
    }

    func field(_ name: String) -> String? {
        switch name {
        case "Name": summary.volume.name
        case "Driver", "Scope": "local"
        case "Labels": labelsText(summary.volume.shownLabels)
        case "Mountpoint": summary.mountpoint
        case "Links": summary.size == nil ? "N/A" : String(summary.links)
        case "Size": summary.size.map { humanSize($0) } ?? "N/A"
        case "Availability", "Group", "Status": "N/A"
        default: nil
        }
    }

    func method(_ name: String, _ argument: String) -> String? {
        name == "Label" ? summary.volume.shownLabels[argument] ?? "" : nil
    }
}
