// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

/// `swocker inspect`: all that is known of anything with a name.
struct Inspect: EngineCommand {
    static let command = Command(
        "inspect", operands: "NAME|ID [NAME|ID...]",
        summary: "Return low-level information on containers and images", arity: .atLeast(1),
        completes: .objects,
        options: [
            Option("format", "f", .string, "'json', or a Go template for each object"),
            Option("size", "s", .flag, "Show the file sizes of containers"),
            Option(
                "type", .string,
                "Look only among objects of this type (container|image|network|volume)"),
        ],
        examples: [
            Command.Example("inspect web", "everything, as JSON"),
            Command.Example("inspect -f '{{.State.ExitCode}}' job", "one fact"),
            Command.Example(
                "inspect --type image busybox", "an image, whatever containers are called"),
        ])

    let names: [String]
    let format: String
    let sizes: Bool
    /// nil to look everywhere.
    let type: Subject?

    /// What can be looked at, in the order in which a name is tried.
    enum Subject: String, CaseIterable { case container, image, network, volume }

    init(arguments: Arguments) throws {
        names = arguments.operands
        format = arguments.text("format")
        sizes = arguments.flag("size")
        let type = arguments.text("type")
        self.type = Subject(rawValue: type)
        guard self.type == nil, arguments.isSet("type") else { return }
        switch type {
        case "config", "node", "plugin", "secret", "service", "task":
            throw UsageError("swocker: --type \(type) is not supported yet")
        default:
            let known = Subject.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw UsageError("unknown type: \"\(inert(type))\": must be one of \(known)")
        }
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        try inspect(names, format: format, in: surroundings) { name in
            if let type { return try look(for: name, as: type, on: engine) }
            for type in Subject.allCases {
                do { return try look(for: name, as: type, on: engine) } catch
                    where engine.isMissing(error)
                {}
            }
            throw UsageError("Error: No such object: \(name)")
        }
    }

    private func look(
        for name: String, as type: Subject, on engine: Engine
    ) throws -> (JSONValue, GoTypes) {
        switch type {
        case .container: (try engine.inspectContainer(name, sizes: sizes), .container)
        case .image: (try engine.inspectImage(name), .image)
        case .network: (try engine.inspectNetwork(name), .network)
        case .volume: (try engine.inspectVolume(name), .volume)
        }
    }
}
