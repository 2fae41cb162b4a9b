// SPDX-License-Identifier: Apache-2.0

import Engine

/// A row of `system df`: one kind of things.
struct DiskUseRow: ListRow {
    let kind: String
    let sum: DiskReport.Sum
    /// Whether what is reclaimable is told as a share, too.
    var showsShare = true

    static let typeName = "*formatter.diskUsageContext"
    static let quiet = (field: "Type", rawLabel: "type")
    static let fields = ["Active", "Reclaimable", "Size", "TotalCount", "Type"]

    static func columns(_ options: ListColumns) -> [String] {
        ["Type", "TotalCount", "Active", "Size", "Reclaimable"]
    }

    static func title(_ field: String) -> String? {
        switch field {
        case "TotalCount": "TOTAL"
        default: fields.contains(field) ? field.uppercased() : nil
        }
    }

    static func title(_ method: String, _ argument: String) -> String? { nil }

    func field(_ name: String) -> String? {
        switch name {
        case "Type": kind
        case "TotalCount": String(sum.count)
        case "Active": String(sum.active)
        case "Size": humanSize(sum.size, digits: 4)
        case "Reclaimable": reclaimable
        default: nil
        }
    }

    private var reclaimable: String {
        let text = humanSize(sum.reclaimable, digits: 4)
        guard showsShare, sum.size > 0 else { return text }
        let share = Double(sum.reclaimable) / Double(sum.size) * 100
        return "\(text) (\(Int(share))%)"
    }

    /// The rows in Docker's order.
    static func rows(of report: DiskReport) -> [DiskUseRow] {
        [
            DiskUseRow(kind: "Images", sum: report.imageSum),
            DiskUseRow(kind: "Containers", sum: report.containerSum),
            DiskUseRow(kind: "Local Volumes", sum: report.volumeSum),
            DiskUseRow(kind: "Build Cache", sum: DiskReport.Sum(), showsShare: false),
        ]
    }
}
