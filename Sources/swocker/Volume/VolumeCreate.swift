// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker volume create`: a place for files that outlive containers.
struct VolumeCreate: EngineCommand {
    static let command = Command(
        "volume create", operands: "[VOLUME]", summary: "Create a volume", arity: .atMost(1),
        options: [
            Option("driver", "d", .string, default: "local", "Who keeps the volume"),
            Option("label", .list, "Set metadata (key=value)"),
            Option("name", .string, "Name of the volume", .hidden),
            Option("opt", "o", .list, "Tell the driver something (type=tmpfs)"),
        ],
        examples: [
            Command.Example("volume create data", "a directory of the engine's"),
            Command.Example(
                "volume create -o type=tmpfs -o device=tmpfs -o o=size=64m scratch", "in memory"),
            Command.Example(
                "volume create -o type=none -o o=bind -o device=/srv/data data",
                "a directory of the host's"),
        ])

    let name: String?
    let driver: String
    let labels: [String: String]
    let options: [String: String]

    init(arguments: Arguments) throws {
        let hidden = arguments.string("name")
        if hidden != nil, !arguments.operands.isEmpty {
            throw UsageError(
                "conflicting options: cannot specify a volume-name through both --name and as a "
                    + "positional arg")
        }
        name = (arguments.operands.first ?? hidden).flatMap { $0.isEmpty ? nil : $0 }
        driver = arguments.text("driver")
        labels = Self.map(arguments.list("label"))
        options = Self.map(arguments.list("opt"))
    }

    private static func map(_ texts: [String]) -> [String: String] {
        texts.reduce(into: [:]) {
            let (key, value) = splitOnce($1, at: "=")
            $0[key] = value ?? ""
        }
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let name = try engine.createVolume(
            name, driver: driver, labels: labels, options: options)
        surroundings.print("\(name)\n")
        return 0
    }
}
