// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
public import Linux

/// A chain of anybody's nftables rules, those of iptables-nft among them.
public struct ForeignChain: Equatable, Sendable {
    /// "inet", "ip", "ip6", "bridge".
    public var family: String
    public var table: String
    public var name: String
    /// Where packets enter it; nil for one that only others call.
    public var hook: Hook?
    public var rules: [ForeignRule] = []

    /// How a base chain takes part.
    public struct Hook: Equatable, Sendable {
        /// NF_INET_FORWARD, …
        public var number: Int64
        /// Lower comes first.
        public var priority: Int32
        /// What becomes of packets that no rule decides about.
        public var dropsByPolicy: Bool
        /// "filter", "nat", "route".
        public var type: String
    }
}

/// A rule of somebody's, as far as we can judge it.
public struct ForeignRule: Equatable, Sendable {
    public var handle: UInt64
    var steps: [Step]

    enum Step: Equatable, Sendable {
        case load(Fact, into: UInt32)
        case mask(UInt32, with: [UInt8])
        case compare(UInt32, isEqual: Bool, to: [UInt8])
        case verdict(Verdict)
        /// A condition that depends on what we do not know of a packet.
        case unknown
    }

    /// What the kernel knows of a packet.
    enum Fact: Equatable, Sendable {
        case inputDevice, outputDevice, transport, family, state, status, other
    }

    enum Verdict: Equatable, Sendable {
        case accept, drop, reject, jump(String), goTo(String), back
    }
}

extension ForeignChain {
    /// Every chain of every table in this network namespace, read from the kernel.
    public static func all() throws(NetlinkError) -> [ForeignChain] {
        var socket: NetlinkSocket
        do throws(Errno) { socket = try NetlinkSocket(.netfilter) } catch {
            throw NetlinkError(errno: error)
        }
        var chains: [ForeignChain] = []
        do throws(NetlinkError) {
            try socket.ask(Self.dump(clinux_NFT_MSG_GETCHAIN)) {
                if let chain = ForeignChain($0) { chains.append(chain) }
            }
            try socket.ask(Self.dump(clinux_NFT_MSG_GETRULE)) { answer in
                let attributes = answer.attributes(after: 4)
                let family = Self.family(answer)
                let table = attributes[clinux_NFTA_RULE_TABLE]?.text
                let name = attributes[clinux_NFTA_RULE_CHAIN]?.text
                let index = chains.firstIndex {
                    $0.family == family && $0.table == table && $0.name == name
                }
                if let index { chains[index].rules.append(ForeignRule(attributes)) }
            }
        } catch { if error.errno != .noEntry { throw error } }
        return chains
    }

    private static func dump(_ type: Int64) -> NetlinkMessage {
        NetlinkMessage(
            UInt16(clinux_NFNL_SUBSYS_NFTABLES << 8 | type), .dump, fixed: [0, 0, 0, 0])
    }

    private static func family(_ answer: NetlinkAnswer) -> String? {
        switch Int64(answer.fixed(0, as: UInt8.self)) {
        case clinux_NFPROTO_INET: "inet"
        case clinux_NFPROTO_IPV4: "ip"
        case clinux_NFPROTO_IPV6: "ip6"
        case clinux_NFPROTO_BRIDGE: "bridge"
        default: nil
        }
    }

    private init?(_ answer: NetlinkAnswer) {
        let attributes = answer.attributes(after: 4)
        guard let family = Self.family(answer), let table = attributes[clinux_NFTA_CHAIN_TABLE],
            let name = attributes[clinux_NFTA_CHAIN_NAME]
        else { return nil }
        self.init(family: family, table: table.text, name: name.text)
        guard let hook = attributes[clinux_NFTA_CHAIN_HOOK]?.nested else { return }
        let policy = attributes[clinux_NFTA_CHAIN_POLICY]?.bigNumber(as: UInt32.self)
        let priority = hook[clinux_NFTA_HOOK_PRIORITY]?.bigNumber(as: UInt32.self) ?? 0
        self.hook = Hook(
            number: Int64(hook[clinux_NFTA_HOOK_HOOKNUM]?.bigNumber(as: UInt32.self) ?? 0),
            priority: Int32(bitPattern: priority),
            dropsByPolicy: policy == UInt32(clinux_NF_DROP),
            type: attributes[clinux_NFTA_CHAIN_TYPE]?.text ?? "")
    }
}

extension ForeignRule {
    fileprivate init(_ attributes: NetlinkAttributes) {
        handle = attributes[clinux_NFTA_RULE_HANDLE]?.bigNumber(as: UInt64.self) ?? 0
        let list = attributes[clinux_NFTA_RULE_EXPRESSIONS]?.nested
        steps = (list.map(Array.init) ?? []).compactMap { Step($0.nested) }
    }
}

extension ForeignRule.Step {
    /// Nil for what changes nothing about where a packet goes: counters, logs, marks.
    fileprivate init?(_ expression: NetlinkAttributes) {
        let data = expression[clinux_NFTA_EXPR_DATA]?.nested
        func register(_ type: Int64) -> UInt32 {
            let number = data?[type]?.bigNumber(as: UInt32.self) ?? 0
            // The registers of 16 bytes that older programs name are four of the others each.
            return (1...4).contains(number) ? 8 + 4 * (number - 1) : number
        }
        switch expression[clinux_NFTA_EXPR_NAME]?.text {
        case "meta":
            guard data?[clinux_NFTA_META_DREG] != nil else { return nil }  // sets a mark
            let key = Int64(data?[clinux_NFTA_META_KEY]?.bigNumber(as: UInt32.self) ?? 0)
            self = .load(Self.meta(key), into: register(clinux_NFTA_META_DREG))
        case "ct":
            guard data?[clinux_NFTA_CT_DREG] != nil else { return nil }
            let key = Int64(data?[clinux_NFTA_CT_KEY]?.bigNumber(as: UInt32.self) ?? 0)
            let fact: ForeignRule.Fact =
                key == clinux_NFT_CT_STATE
                ? .state : key == clinux_NFT_CT_STATUS ? .status : .other
            self = .load(fact, into: register(clinux_NFTA_CT_DREG))
        case "payload": self = .load(.other, into: register(clinux_NFTA_PAYLOAD_DREG))
        case "fib": self = .load(.other, into: register(clinux_NFTA_FIB_DREG))
        case "bitwise":
            let mask = data?[clinux_NFTA_BITWISE_MASK]?.nested[clinux_NFTA_DATA_VALUE]?.value
            let flip = data?[clinux_NFTA_BITWISE_XOR]?.nested[clinux_NFTA_DATA_VALUE]?.value
            guard let mask, flip?.allSatisfy({ $0 == 0 }) ?? true else {
                self = .load(.other, into: register(clinux_NFTA_BITWISE_DREG))
                return
            }
            self = .mask(register(clinux_NFTA_BITWISE_DREG), with: Array(mask))
        case "cmp":
            let operation = Int64(data?[clinux_NFTA_CMP_OP]?.bigNumber(as: UInt32.self) ?? 0)
            let value = data?[clinux_NFTA_CMP_DATA]?.nested[clinux_NFTA_DATA_VALUE]?.value
            guard let value, [clinux_NFT_CMP_EQ, clinux_NFT_CMP_NEQ].contains(operation) else {
                self = .unknown
                return
            }
            self = .compare(
                register(clinux_NFTA_CMP_SREG), isEqual: operation == clinux_NFT_CMP_EQ,
                to: Array(value))
        case "immediate":
            guard let verdict = Self.verdict(data) else { return nil }
            self = .verdict(verdict)
        case "reject": self = .verdict(.reject)
        case "target": self.init(target: data?[1]?.text ?? "")
        case "match" where data?[1]?.text == "comment": return nil
        case "counter", "log", "objref", "last", "notrack", "nat", "masq", "redir", "flow_offload":
            return nil
        default: self = .unknown
        }
    }

    /// A target of iptables (NFTA_TARGET_NAME is 1): most of them change a packet and let it go on.
    private init?(target: String) {
        switch target {
        case "DROP": self = .verdict(.drop)
        case "REJECT": self = .verdict(.reject)
        case "ACCEPT": self = .verdict(.accept)
        default: return nil
        }
    }

    private static func meta(_ key: Int64) -> ForeignRule.Fact {
        switch key {
        case clinux_NFT_META_IIFNAME: .inputDevice
        case clinux_NFT_META_OIFNAME: .outputDevice
        case clinux_NFT_META_L4PROTO: .transport
        case clinux_NFT_META_NFPROTO: .family
        default: .other
        }
    }

    private static func verdict(_ data: NetlinkAttributes?) -> ForeignRule.Verdict? {
        let verdict = data?[clinux_NFTA_IMMEDIATE_DATA]?.nested[clinux_NFTA_DATA_VERDICT]?.nested
        guard let verdict, let raw = verdict[clinux_NFTA_VERDICT_CODE] else { return nil }
        let code = Int64(Int32(bitPattern: raw.bigNumber(as: UInt32.self)))
        let chain = verdict[clinux_NFTA_VERDICT_CHAIN]?.text ?? ""
        return switch code {
        case clinux_NF_ACCEPT: .accept
        case clinux_NF_DROP: .drop
        case clinux_NFT_JUMP: .jump(chain)
        case clinux_NFT_GOTO: .goTo(chain)
        case clinux_NFT_RETURN: .back
        default: nil
        }
    }
}
