// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

// What the kernel remembers of connections (nf_conntrack), by linux/netfilter/nfnetlink_conntrack.h.
extension NetlinkSocket {
    /// Makes the kernel forget where it has led a protocol's packets to, as far as that was this
    /// address. What follows is led anew: a sender of datagrams that never pauses would else be led to
    /// an address for ever that nobody has any more. Opened with `.netfilter`.
    /// - Parameter transport: IPPROTO_UDP.
    public mutating func forgetConnections(
        to address: IPAddress, transport: UInt8
    ) throws(NetlinkError) {
        let family: [UInt8] = [UInt8(address.isIPv4 ? AF_INET : AF_INET6), 0, 0, 0]
        var removals: [NetlinkMessage] = []
        let all = NetlinkMessage(Tracking.message(Tracking.get), .dump, fixed: family)
        try ask(all) { answer in
            let attributes = answer.attributes(after: 4)
            // An answer comes from where the packet was led to.
            guard let reply = attributes[Tracking.reply]?.nested,
                let origin = attributes[Tracking.original]?.value,
                reply[Tracking.protocolPart]?.nested[Tracking.number]?.value.first == transport,
                let source = reply[Tracking.addressPart]?.nested[
                    address.isIPv4 ? Tracking.source4 : Tracking.source6]?.value,
                source.elementsEqual(address.bytes)
            else { return }
            var removal = NetlinkMessage(
                Tracking.message(Tracking.delete), .acknowledge, fixed: family)
            removal.put(Tracking.original | clinux_NLA_F_NESTED, origin)
            if let zone = attributes[Tracking.zone]?.value { removal.put(Tracking.zone, zone) }
            removals.append(removal)
        }
        // One by one: what has gone by itself meanwhile is no reason to keep the rest.
        for removal in removals {
            do throws(NetlinkError) { try send([removal]) } catch {
                if error.errno != .noEntry { throw error }
            }
        }
    }
}

private enum Tracking {
    static let get: UInt16 = 1
    static let delete: UInt16 = 2
    static let original: Int64 = 1
    static let reply: Int64 = 2
    static let zone: Int64 = 18
    static let addressPart: Int64 = 1
    static let protocolPart: Int64 = 2
    static let source4: Int64 = 1
    static let source6: Int64 = 3
    static let number: Int64 = 1

    /// NFNL_SUBSYS_CTNETLINK is 1.
    static func message(_ type: UInt16) -> UInt16 { 1 << 8 | type }
}
