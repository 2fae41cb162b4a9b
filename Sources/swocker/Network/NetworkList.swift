// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker network ls`: the networks there are.
struct NetworkList: EngineCommand {
    static let command = Command(
        "network ls", aliases: ["network list"], summary: "List networks", arity: .none,
        options: [
            Option("filter", "f", .filter, "Show only what meets a condition (driver=bridge)"),
            Option(
                "format", .string,
                "'table', 'table TEMPLATE', 'json', or a Go template for each row"),
            Option("no-trunc", .flag, "Do not cut anything"),
            Option("quiet", "q", .flag, "Show IDs only"),
        ],
        examples: [
            Command.Example("network ls", "all networks, by name"),
            Command.Example("network ls -q -f dangling=true", "those that no container uses"),
        ])

    let filters: Filters
    let format: ListFormat
    let warning: String?
    let isTruncated: Bool

    init(arguments: Arguments) throws {
        let isQuiet = arguments.flag("quiet")
        let format = arguments.text("format")
        do {
            self.format = try ListFormat(format, isQuiet: isQuiet, for: NetworkRow.self)
        } catch { throw UsageError("\(error)") }
        warning = isQuiet && !format.isEmpty ? ListFormat.quietWarning : nil
        isTruncated = !arguments.flag("no-trunc")
        filters = try Filters(parsing: arguments.list("filter"))
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        if let warning { surroundings.complain("\(warning)\n") }
        let rows = try engine.listNetworks(filters).map {
            NetworkRow(network: $0, isTruncated: isTruncated)
        }
        return try surroundings.print(rows, as: format)
    }
}

/// A row of `network ls`.
struct NetworkRow: ListRow {
    let network: Network
    var isTruncated = true

    static let typeName = "*formatter.networkContext"
    static let quiet = (field: "ID", rawLabel: "network_id")
    static let fields = [
        "CreatedAt", "Driver", "ID", "IPv4", "IPv6", "Internal", "Labels", "Name", "Scope",
    ]

    static func columns(_ options: ListColumns) -> [String] { ["ID", "Name", "Driver", "Scope"] }

    static func title(_ field: String) -> String? {
        switch field {
        case "ID": "NETWORK ID"
        case "CreatedAt": "CREATED AT"
        default: fields.contains(field) ? field.uppercased() : nil
        }
    }

    static func rawTemplate(_ options: ListColumns) -> String? {
        "network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n"
    }

    func field(_ name: String) -> String? {
        switch name {
        case "ID": isTruncated ? network.shortID : network.id
        case "Name": network.name
        case "Driver": network.record.driver
        case "Scope": "local"
        case "CreatedAt": network.created.listText
        case "IPv4": String(network.record.hasIPv4)
        case "IPv6": String(network.record.hasIPv6)
        case "Internal": String(network.record.isInternal)
        case "Labels": labelsText(network.record.labels)
        default: nil
        }
    }

    func method(_ name: String, _ argument: String) -> String? {
        name == "Label" ? network.record.labels[argument] ?? "" : nil
    }
}
