// SPDX-License-Identifier: Apache-2.0

import Engine

/// A row of `history`: one step of how an image came to be.
struct HistoryRow: ListRow {
    let step: ImageStep
    /// `--no-trunc` clears it.
    var isTruncated = true
    /// `--human=false` clears it.
    var isHuman = true
    /// What durations count from.
    var now = Timestamp.now

    static let typeName = "*formatter.historyContext"
    static let quiet = (field: "ID", rawLabel: "")
    static let fields = ["Comment", "CreatedAt", "CreatedBy", "CreatedSince", "ID", "Size"]
    /// Docker's, in cells.
    private static let widestCommand = 45

    static func columns(_ options: ListColumns) -> [String] {
        ["ID", "CreatedSince", "CreatedBy", "Size", "Comment"]
    }

    static func title(_ field: String) -> String? {
        switch field {
        case "ID": "IMAGE"
        case "CreatedSince": "CREATED"
        case "CreatedAt": "CREATED AT"
        case "CreatedBy": "CREATED BY"
        case "Size": "SIZE"
        case "Comment": "COMMENT"
        default: nil
        }
    }

    static func title(_ method: String, _ argument: String) -> String? { nil }

    func field(_ name: String) -> String? {
        switch name {
        case "ID": step.id.map { isTruncated ? shortID($0) : $0 } ?? "<missing>"
        case "CreatedAt": step.created?.rfc3339 ?? "N/A"
        case "CreatedSince": createdSince
        case "CreatedBy": createdBy
        case "Size": isHuman ? humanSize(step.size) : String(step.size)
        case "Comment": step.comment
        default: nil
        }
    }

    private var createdSince: String {
        guard let created = step.created else { return "N/A" }
        return isHuman
            ? humanDuration(seconds: now.seconds(since: created)) + " ago"
            : created.rfc3339
    }

    private var createdBy: String {
        let line = String(step.createdBy.map { $0 == "\t" ? " " : $0 })
        return isTruncated ? shortened(line, to: Self.widestCommand) : line
    }
}
