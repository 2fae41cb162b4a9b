// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// What a packet is like that we ask about.
public struct SamplePacket: Equatable, Sendable {
    /// Whether the host passes it on or takes it.
    public enum Way: Equatable, Sendable { case forwarded, received }

    public var way: Way
    public var isIPv4 = true
    /// The devices that it comes from and goes to.
    public var input: String
    public var output = ""
    public var transport = TransportNumber.tcp
    /// Whether its destination was translated: it came to a published port.
    public var isTranslated = false

    public init(_ way: Way, from input: String, to output: String = "") {
        self.way = way
        self.input = input
        self.output = output
    }

    fileprivate func bytes(_ fact: ForeignRule.Fact) -> [UInt8]? {
        switch fact {
        case .inputDevice: FirewallValue.interface(input).bytes
        case .outputDevice: FirewallValue.interface(output).bytes
        case .transport: [transport.rawValue]
        case .family: [UInt8(isIPv4 ? clinux_NFPROTO_IPV4 : clinux_NFPROTO_IPV6)]
        // NF_CT_STATE_BIT: new is 8. IPS_DST_NAT is 32.
        case .state: Self.number(8)
        case .status: Self.number(isTranslated ? 32 : 0)
        case .other: nil
        }
    }

    private static func number(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value) { Array($0) }
    }
}

/// Who drops a packet.
public struct Obstacle: Equatable, Sendable {
    /// "table ip filter, chain FORWARD"
    public var place: String
    /// "its policy is drop", "its rule with handle 7 drops"
    public var reason: String
    /// Whether it does so in any case, as far as the rules are told; otherwise a rule that we cannot
    /// judge may decide differently.
    public var isCertain: Bool
    /// As nft(8) names the chain: "ip filter FORWARD".
    public var chain: String

    public init(place: String, reason: String, isCertain: Bool, chain: String) {
        self.place = place
        self.reason = reason
        self.isCertain = isCertain
        self.chain = chain
    }
}

/// What the rules of others on this host do to our packets, judged as the kernel does: every base
/// chain of a hook is asked, in the order of priorities, and one that drops is enough.
public struct FirewallSurvey: Sendable {
    private let chains: [ForeignChain]

    /// - Parameter chains: all of them; ours, whose tables' names begin with "swocker", are not asked.
    public init(_ chains: [ForeignChain]) {
        self.chains = chains.filter { !$0.table.hasPrefix("swocker") }
    }

    /// Who drops the packet, the certain ones first; empty when it passes.
    public func obstacles(to packet: SamplePacket) -> [Obstacle] {
        let hook = packet.way == .forwarded ? clinux_NF_INET_FORWARD : clinux_NF_INET_LOCAL_IN
        let families = ["inet", packet.isIPv4 ? "ip" : "ip6"]
        var found: [Obstacle] = []
        let asked = chains.filter {
            $0.hook?.number == hook && $0.hook?.type != "nat" && families.contains($0.family)
        }
        for chain in asked.sorted(by: { ($0.hook?.priority ?? 0) < ($1.hook?.priority ?? 0) }) {
            var walk = Walk(chains: chains, packet: packet)
            let end = walk.through(chain, isCertain: true, depth: 0)
            if end == .undecided, chain.hook?.dropsByPolicy == true {
                walk.note("its policy is drop", in: chain, isCertain: true)
            }
            found += walk.obstacles
        }
        return found.filter(\.isCertain) + found.filter { !$0.isCertain }
    }
}

/// One packet's way through one base chain and those that it calls.
private struct Walk {
    enum End { case accepted, dropped, undecided }

    let chains: [ForeignChain]
    let packet: SamplePacket
    var obstacles: [Obstacle] = []
    /// A rule that we cannot judge may have accepted the packet.
    private var mayBeAccepted = false

    init(chains: [ForeignChain], packet: SamplePacket) {
        self.chains = chains
        self.packet = packet
    }

    mutating func note(_ reason: String, in chain: ForeignChain, isCertain: Bool) {
        obstacles.append(
            Obstacle(
                place: "table \(chain.family) \(chain.table), chain \(chain.name)", reason: reason,
                isCertain: isCertain && !mayBeAccepted,
                chain: "\(chain.family) \(chain.table) \(chain.name)"))
    }

    /// - Parameter isCertain: whether the packet comes here in any case.
    mutating func through(_ chain: ForeignChain, isCertain: Bool, depth: Int) -> End {
        // The kernel allows 16 levels.
        guard depth <= 16 else { return .undecided }
        for rule in chain.rules {
            let (match, verdict) = judge(rule)
            guard let verdict, match != .no else { continue }
            let isCertain = isCertain && match == .yes
            switch verdict {
            case .accept:
                if isCertain { return .accepted }
                mayBeAccepted = true
            case .drop, .reject:
                let word = verdict == .drop ? "drops" : "rejects"
                note("its rule with handle \(rule.handle) \(word)", in: chain, isCertain: isCertain)
                if isCertain { return .dropped }
            case .back: if isCertain { return .undecided }
            case .jump(let name), .goTo(let name):
                guard let next = called(name, by: chain) else { continue }
                let end = through(next, isCertain: isCertain, depth: depth + 1)
                if isCertain, end != .undecided { return end }
                if isCertain, case .goTo = verdict { return .undecided }
            }
        }
        return .undecided
    }

    private func called(_ name: String, by chain: ForeignChain) -> ForeignChain? {
        chains.first {
            $0.name == name && $0.table == chain.table && $0.family == chain.family
        }
    }

    private enum Match { case yes, no, maybe }

    private func judge(_ rule: ForeignRule) -> (Match, ForeignRule.Verdict?) {
        var registers: [UInt32: [UInt8]] = [:]
        var match = Match.yes
        for step in rule.steps {
            switch step {
            case .load(let fact, let register): registers[register] = packet.bytes(fact)
            case .mask(let register, let mask):
                registers[register] = registers[register].map { bytes in
                    zip(bytes, mask).map { $0 & $1 }
                }
            case .compare(let register, let isEqual, let wanted):
                guard let bytes = registers[register], bytes.count >= wanted.count else {
                    match = .maybe
                    continue
                }
                if bytes.prefix(wanted.count).elementsEqual(wanted) != isEqual { return (.no, nil) }
            case .unknown: match = .maybe
            case .verdict(let verdict): return (match, verdict)
            }
        }
        return (match, nil)
    }
}
