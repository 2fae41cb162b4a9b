// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker publish`: ports of a container that exists already.
struct ContainerPublish: EngineCommand {
    static let command = Command(
        "container publish", shortcut: "publish", operands: "CONTAINER PORT [PORT...]",
        summary: "Publish ports of a container, of a running one at once", arity: .atLeast(2),
        completes: .containers,
        examples: [
            Command.Example("publish web 8080:80", "as 'run -p' does, while it runs"),
            Command.Example("publish web 127.0.0.1:5353:53/udp 9000-9009:9000-9009", "several"),
        ])

    let name: String
    let wishes: [(port: Port, binding: PortBinding)]

    init(arguments: Arguments) throws {
        name = arguments.operands[0]
        do {
            wishes = try arguments.operands.dropFirst().flatMap { try PublishText.parse($0) }
        } catch let error as InvalidValue { throw UsageError("swocker: \(error)") }
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        try engine.publish(name, wishes)
        surroundings.print("\(name)\n")
        return 0
    }
}

/// `swocker unpublish`: the host's ports shall lead to a container no more.
struct ContainerUnpublish: EngineCommand {
    static let command = Command(
        "container unpublish", shortcut: "unpublish",
        operands: "CONTAINER [IP:]HOST_PORT[-HOST_PORT][/PROTO]...",
        summary: "Take published ports of a container back, of a running one at once",
        arity: .atLeast(2), completes: .containers,
        examples: [
            Command.Example("unpublish web 8080", "new connections are refused; old ones go on"),
            Command.Example("unpublish web 127.0.0.1:5353/udp", "this address and protocol"),
        ])

    let name: String
    let places: [PortPlace]

    init(arguments: Arguments) throws {
        name = arguments.operands[0]
        do { places = try arguments.operands.dropFirst().map(PlaceText.parse) } catch let error
            as InvalidValue
        { throw UsageError("swocker: \(error)") }
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        try engine.unpublish(name, places)
        surroundings.print("\(name)\n")
        return 0
    }
}

/// Ports of the host: `[ip:]port[-port][/protocol]`.
enum PlaceText {
    static func parse(_ text: String) throws -> PortPlace {
        let (raw, transport) = PortText.split(text)
        var parts = raw.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let ports = parts.removeLast()
        var address = parts.joined(separator: ":")
        if address.hasPrefix("["), address.hasSuffix("]") {
            address = String(address.dropFirst().dropLast())
        }
        guard address.isEmpty || AddressText.isAddress(address) else {
            throw InvalidValue("invalid IP address: \(inert(address))")
        }
        guard let range = try? PortText.range(ports), range.lowerBound > 0 else {
            throw InvalidValue("invalid hostPort: \(inert(ports))")
        }
        return PortPlace(
            address: address.isEmpty ? nil : address, ports: range,
            transport: try PortText.transport(transport))
    }
}
