// SPDX-License-Identifier: Apache-2.0

internal import CLinux
public import Linux

/// Our tables in the kernel of the network namespace in which this was opened.
public struct Firewall: ~Copyable {
    private var socket: NetlinkSocket
    private let table: String

    /// - Parameter table: the name of both tables: every engine on a host has its own.
    public init(table: String = "swocker") throws(NetlinkError) {
        self.table = table
        do throws(Errno) { socket = try NetlinkSocket(.netfilter) } catch {
            throw NetlinkError(errno: error)
        }
    }

    /// Whether both tables are there in today's form. Somebody may have flushed all rules, or an
    /// earlier version may have made others.
    public mutating func isCurrent() throws(NetlinkError) -> Bool {
        for family in [FirewallFamily.inet, .bridge] {
            var request = family.message(clinux_NFT_MSG_GETTABLE, .acknowledge)
            request.put(clinux_NFTA_TABLE_NAME, table)
            var version: [UInt8]?
            do throws(NetlinkError) {
                try socket.ask(request) {
                    version = $0.attributes(after: 4)[clinux_NFTA_TABLE_USERDATA].map {
                        Array($0.value)
                    }
                }
            } catch {
                if error.errno == .noEntry { return false }
                throw error
            }
            if version != Ruleset.version { return false }
        }
        return true
    }

    /// Makes the tables anew with these elements, in one transaction: no packet sees a moment
    /// without rules.
    public mutating func rebuild(with elements: [FirewallElement]) throws(NetlinkError) {
        try commit(Ruleset.creation(in: table) + additions(elements))
    }

    /// Adds and removes elements in one transaction.
    /// - Throws: ENOENT when the tables, or an element to remove, are not there.
    public mutating func change(
        adding new: [FirewallElement] = [], removing old: [FirewallElement] = []
    ) throws(NetlinkError) {
        let removals = FirewallElement.messages(
            clinux_NFT_MSG_DELSETELEM, old, flags: [.acknowledge], in: table)
        try commit(removals + additions(new))
    }

    /// Removes what is there of these elements, whatever else is not.
    public mutating func remove(_ elements: [FirewallElement]) {
        do throws(NetlinkError) { try change(removing: elements) } catch {
            for element in elements { try? change(removing: [element]) }
        }
    }

    /// Makes the kernel forget which packets of a protocol it leads to these addresses; where it keeps
    /// no account of connections there is nothing to forget.
    public mutating func forgetConnections(to addresses: [IPAddress], _ transport: TransportNumber)
    {
        for address in addresses {
            try? socket.forgetConnections(to: address, transport: transport.rawValue)
        }
    }

    /// Removes both tables.
    public mutating func removeTables() throws(NetlinkError) {
        for family in [FirewallFamily.inet, .bridge] {
            do throws(NetlinkError) {
                try commit([Ruleset.table(table, family, clinux_NFT_MSG_DELTABLE)])
            } catch { if error.errno != .noEntry { throw error } }
        }
    }

    private func additions(_ elements: [FirewallElement]) -> [NetlinkMessage] {
        FirewallElement.messages(
            clinux_NFT_MSG_NEWSETELEM, elements, flags: [.create, .acknowledge], in: table)
    }

    /// Everything between the two marks happens together or not at all (nfnetlink's batch).
    mutating func commit(_ messages: [NetlinkMessage]) throws(NetlinkError) {
        guard !messages.isEmpty else { return }
        // struct nfgenmsg: the subsystem's number in the network's order.
        let fixed: [UInt8] = [0, 0, 0, UInt8(clinux_NFNL_SUBSYS_NFTABLES)]
        let begin = NetlinkMessage(UInt16(clinux_NFNL_MSG_BATCH_BEGIN), fixed: fixed)
        let end = NetlinkMessage(UInt16(clinux_NFNL_MSG_BATCH_END), fixed: fixed)
        try socket.send([begin] + messages + [end])
    }
}
