// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker network create`: a bridge for containers that shall reach each other.
struct NetworkCreate: EngineCommand {
    static let command = Command(
        "network create", operands: "NETWORK", summary: "Create a network", arity: .exactly(1),
        options: [
            Option("attachable", .flag, "Accepted for scripts: every network is"),
            Option("aux-address", .list, "An address that is in use already (name=ip)"),
            Option("driver", "d", .string, default: "bridge", "What kind of network"),
            Option("gateway", .list, "The host's own address in a subnet"),
            Option("internal", .flag, "Nothing may leave it"),
            Option("ip-range", .list, "Give addresses from this part of a subnet"),
            Option("ipam-driver", .string, default: "default", "Who manages addresses"),
            Option("ipv4", .flag, "Give IPv4 addresses (the default)"),
            Option("ipv6", .flag, "Give IPv6 addresses too"),
            Option("label", .list, "Set metadata (key=value)"),
            Option(
                "opt", "o", .list, "Tell the driver something (com.docker.network.driver.mtu=1400)"),
            Option("subnet", .list, "The range of addresses (172.28.0.0/16)"),
        ],
        examples: [
            Command.Example("network create backend", "with addresses that are free"),
            Command.Example("network create --subnet 172.28.0.0/16 --ipv6 backend", "chosen"),
            Command.Example("network create --internal db", "nothing gets out"),
        ])

    let request: NetworkRequest

    init(arguments: Arguments) throws {
        var request = NetworkRequest(name: arguments.operands.first ?? "")
        request.driver = arguments.text("driver")
        request.isAttachable = arguments.flag("attachable")
        request.isInternal = arguments.flag("internal")
        request.hasIPv4 = arguments.isSet("ipv4") ? arguments.flag("ipv4") : nil
        request.hasIPv6 = arguments.isSet("ipv6") ? arguments.flag("ipv6") : nil
        request.subnets = arguments.list("subnet")
        request.ipRanges = arguments.list("ip-range")
        request.gateways = arguments.list("gateway")
        request.auxiliaryAddresses = Self.map(arguments.list("aux-address"))
        request.options = Self.map(arguments.list("opt"))
        request.labels = Self.map(arguments.list("label"))
        guard arguments.text("ipam-driver") == "default" else {
            throw UsageError(
                "swocker: --ipam-driver \(arguments.text("ipam-driver")) is not supported yet")
        }
        if request.subnets.isEmpty, !request.ipRanges.isEmpty || !request.gateways.isEmpty {
            throw UsageError("every ip-range or gateway must have a corresponding subnet")
        }
        self.request = request
    }

    private static func map(_ texts: [String]) -> [String: String] {
        texts.reduce(into: [:]) {
            let (key, value) = splitOnce($1, at: "=")
            $0[key] = value ?? ""
        }
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        surroundings.print("\(try engine.createNetwork(request).id)\n")
        return 0
    }
}
