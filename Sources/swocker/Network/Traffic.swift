// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker traffic`: several containers behind one port of the host.
struct Traffic: EngineCommand {
    static let command = Command(
        "traffic", operands: "[[IP:]PORT[/PROTO] [CONTAINER[:PORT]=WEIGHT...]]",
        summary: "Share a published port's new connections out among containers",
        arity: .atLeast(0),
        options: [Option("rm", .flag, "End the sharing of the port")],
        examples: [
            Command.Example("traffic 8080 blue=90 green=10", "a canary: one in ten goes to green"),
            Command.Example("traffic 8080 green=100", "the switch; connections that stand go on"),
            Command.Example("traffic --rm 8080", "as if nothing had been said"),
        ])

    let place: PortPlace?
    let wishes: [TrafficWish]
    let removes: Bool

    init(arguments: Arguments) throws {
        removes = arguments.flag("rm")
        do {
            place = try arguments.operands.first.map(PlaceText.parse)
            wishes = try arguments.operands.dropFirst().map(Self.wish)
        } catch let error as InvalidValue { throw UsageError("swocker: \(error)") }
        if removes, place == nil || !wishes.isEmpty {
            throw UsageError("swocker: --rm takes a port and nothing else")
        }
    }

    private static func wish(_ text: String) throws -> TrafficWish {
        let (target, weight) = splitOnce(text, at: "=")
        guard let weight, !target.isEmpty, weight.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(weight), number <= 1_000_000
        else {
            throw InvalidValue(
                "invalid share: \(inert(text)): say CONTAINER=WEIGHT, such as blue=90")
        }
        let (name, port) = splitOnce(target, at: ":")
        let only = try port.map { text -> UInt16 in
            guard let range = try? PortText.range(text), range.count == 1, range.lowerBound > 0
            else { throw InvalidValue("invalid containerPort: \(inert(text))") }
            return range.lowerBound
        }
        return TrafficWish(container: name, port: only, weight: number)
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        if let place, removes {
            try engine.removeTraffic(place)
            return 0
        }
        if let place, !wishes.isEmpty { try engine.setTraffic(place, wishes) }
        var table = Table()
        table.add(["PORT", "TARGET", "WEIGHT", "SHARE", "STATE"])
        for share in try engine.traffic(place) {
            table.add([
                share.place, "\(share.container):\(share.port)", "\(share.weight)",
                "\(share.percent)%", share.isRunning ? "running" : "not running",
            ])
        }
        surroundings.print(table.text)
        return 0
    }
}
