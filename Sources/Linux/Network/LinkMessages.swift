// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// Requests of rtnetlink(7), spelled.
enum LinkMessages {
    /// `struct ifinfomsg`: which device, and which of its flags to change.
    static func device(
        index: Int32 = 0, flags: Int64 = 0, change: Int64 = 0, family: UInt8 = 0
    ) -> [UInt8] {
        var fixed: [UInt8] = [family, 0, 0, 0]
        for value in [UInt32(bitPattern: index), UInt32(flags), UInt32(change)] {
            withUnsafeBytes(of: value) { fixed += $0 }
        }
        return fixed
    }

    /// `struct ifaddrmsg`.
    static func address(_ address: AddressWithPrefix, on index: Int32) -> [UInt8] {
        var fixed: [UInt8] = [family(of: address.address), UInt8(address.prefix), 0, 0]
        withUnsafeBytes(of: index) { fixed += $0 }
        return fixed
    }

    static func family(of address: IPAddress) -> UInt8 {
        UInt8(address.isIPv4 ? AF_INET : AF_INET6)
    }

    /// Gives a device an address. A duplicate is not looked for: addresses are leased.
    static func addAddress(_ own: AddressWithPrefix, to index: Int32) -> NetlinkMessage {
        var message = NetlinkMessage(
            UInt16(clinux_RTM_NEWADDR), [.create, .replace, .acknowledge],
            fixed: address(own, on: index))
        message.put(clinux_IFA_LOCAL, own.address.bytes)
        message.put(clinux_IFA_ADDRESS, own.address.bytes)
        if own.address.isIPv4 {
            if own.prefix < 31 { message.put(clinux_IFA_BROADCAST, own.subnet.last.bytes) }
        } else {
            message.put(clinux_IFA_FLAGS, UInt32(clinux_IFA_F_NODAD))
        }
        return message
    }

    /// Takes an address away.
    static func removeAddress(_ own: AddressWithPrefix, from index: Int32) -> NetlinkMessage {
        var message = NetlinkMessage(
            UInt16(clinux_RTM_DELADDR), [.acknowledge], fixed: address(own, on: index))
        message.put(clinux_IFA_LOCAL, own.address.bytes)
        return message
    }

    /// A route, by default the way to everywhere else.
    /// - Parameters:
    ///   - destination: nil for the default route.
    ///   - gateway: nil for what is reached directly.
    static func route(
        _ type: Int64, to destination: Subnet? = nil, through gateway: IPAddress?,
        on index: Int32, family: UInt8, metric: UInt32 = 0
    ) -> NetlinkMessage {
        let scope = gateway == nil ? clinux_RT_SCOPE_LINK : clinux_RT_SCOPE_UNIVERSE
        var message = NetlinkMessage(
            UInt16(type),
            type == clinux_RTM_NEWROUTE ? [.create, .replace, .acknowledge] : [.acknowledge],
            fixed: [
                family, UInt8(destination?.prefix ?? 0), 0, 0, UInt8(clinux_RT_TABLE_MAIN),
                UInt8(clinux_RTPROT_STATIC), UInt8(scope), UInt8(clinux_RTN_UNICAST), 0, 0, 0, 0,
            ])
        if let destination { message.put(clinux_RTA_DST, destination.base.bytes) }
        if let gateway { message.put(clinux_RTA_GATEWAY, gateway.bytes) }
        message.put(clinux_RTA_OIF, index)
        if metric > 0 { message.put(clinux_RTA_PRIORITY, metric) }
        return message
    }

    /// Brings a device up.
    static func raise(_ index: Int32) -> NetlinkMessage {
        NetlinkMessage(
            UInt16(clinux_RTM_NEWLINK), [.acknowledge],
            fixed: device(index: index, flags: clinux_IFF_UP, change: clinux_IFF_UP))
    }
}
