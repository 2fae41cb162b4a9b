// SPDX-License-Identifier: Apache-2.0

extension Container {
    /// What `--log-opt labels`, `env` and `tag` add to each entry of the log, in the order of their
    /// names (https://docs.docker.com/engine/logging/drivers/json-file/).
    var logAttributes: [(name: String, value: String)] {
        let options = record.hostConfiguration.logConfig.config
        var attributes: [String: String] = [:]
        for name in (options["labels"] ?? "").split(separator: ",").map(String.init) {
            if let value = record.configuration.labels[name] { attributes[name] = value }
        }
        let wanted = (options["env"] ?? "").split(separator: ",")
        for entry in record.configuration.env {
            let parts = entry.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, wanted.contains(parts[0]) else { continue }
            attributes[String(parts[0])] = String(parts[1])
        }
        if let text = options["tag"], let tag = try? LogTag(parsing: text) {
            let value = tag.text(of: self)
            if !value.isEmpty { attributes["tag"] = value }
        }
        return attributes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// `logs --details`: "k=v,k=v", as in an address's query.
    var logDetails: String {
        logAttributes.map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }
            .joined(separator: ",")
    }

    /// Go's url.QueryEscape.
    private static func escaped(_ text: String) -> String {
        text.utf8.reduce(into: "") { escaped, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: " "): escaped += "+"
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                escaped += (byte < 16 ? "%0" : "%") + digits
            }
        }
    }
}

/// `--log-opt tag`: text with Docker's names of what a container is
/// (https://docs.docker.com/engine/logging/log_tags/).
struct LogTag {
    private enum Piece {
        case text(String)
        case field(Field)
    }
    private enum Field: String {
        case id = "ID"
        case fullID = "FullID"
        case name = "Name"
        case imageID = "ImageID"
        case imageFullID = "ImageFullID"
        case imageName = "ImageName"
        case daemonName = "DaemonName"
    }
    private var pieces: [Piece] = []

    /// - Throws: for what needs more of a template than the names of fields.
    init(parsing text: String) throws(EngineError) {
        var rest = text[...]
        while let start = rest.firstIndex(of: "{"), !rest.isEmpty {
            guard rest[start...].hasPrefix("{{") else {
                pieces.append(.text(String(rest[...start])))
                rest = rest[rest.index(after: start)...]
                continue
            }
            pieces.append(.text(String(rest[..<start])))
            rest = rest[start...].dropFirst(2)
            guard let end = rest.firstIndex(of: "}"), rest[end...].hasPrefix("}}") else {
                throw .unsupported("--log-opt tag=\(text)")
            }
            let name = rest[..<end].filter { $0 != " " }
            guard name.hasPrefix("."), let field = Field(rawValue: String(name.dropFirst())) else {
                throw .unsupported("--log-opt tag=\(text)")
            }
            pieces.append(.field(field))
            rest = rest[end...].dropFirst(2)
        }
        pieces.append(.text(String(rest)))
    }

    func text(of container: Container) -> String {
        let image = container.record.imageID.split(separator: ":").last ?? ""
        return pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .field(.id): String(container.id.prefix(12))
            case .field(.fullID): container.id
            case .field(.name): container.name
            case .field(.imageID): String(image.prefix(12))
            case .field(.imageFullID): "sha256:\(image)"
            case .field(.imageName): container.record.configuration.image
            case .field(.daemonName): "swocker"
            }
        }.joined()
    }
}
