// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

/// A row of `stats`.
struct StatisticsRow: ListRow {
    let sample: ContainerSample
    /// `--no-trunc` clears it.
    var isTruncated = true

    static let typeName = "*container.statsContext"
    static let quiet = (field: "ID", rawLabel: "container_id")
    static let fields = [
        "BlockIO", "CPUPerc", "Container", "ID", "MemPerc", "MemUsage", "Name", "NetIO", "PIDs",
    ]

    static func columns(_ options: ListColumns) -> [String] {
        ["ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"]
    }

    static func title(_ field: String) -> String? {
        switch field {
        case "Container": "CONTAINER"
        case "ID": "CONTAINER ID"
        case "Name": "NAME"
        case "CPUPerc": "CPU %"
        case "MemUsage": "MEM USAGE / LIMIT"
        case "MemPerc": "MEM %"
        case "NetIO": "NET I/O"
        case "BlockIO": "BLOCK I/O"
        case "PIDs": "PIDS"
        default: nil
        }
    }

    func field(_ name: String) -> String? {
        switch name {
        case "Container": sample.called
        case "ID": isTruncated ? shortID(sample.id) : sample.id
        case "Name": sample.name
        case "CPUPerc": percentage(sample.processorShare)
        case "MemUsage":
            "\(humanBinarySize(sample.memory)) / \(humanBinarySize(sample.memoryLimit))"
        case "MemPerc":
            percentage(
                sample.memoryLimit > 0
                    ? Double(sample.memory) / Double(sample.memoryLimit) : 0)
        case "NetIO": "\(humanSize(sample.received)) / \(humanSize(sample.sent))"
        case "BlockIO": "\(humanSize(sample.blockRead)) / \(humanSize(sample.blockWritten))"
        case "PIDs": "\(sample.processes)"
        default: nil
        }
    }
}
