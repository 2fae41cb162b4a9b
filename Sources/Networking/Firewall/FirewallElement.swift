// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
internal import Linux

/// An element of one of our sets: one published port, one address that a container may send from.
public struct FirewallElement: Hashable, Sendable {
    /// The set's name and table.
    let set: String
    let family: FirewallFamily
    /// The key's bytes, each part padded.
    let key: [UInt8]
    /// The end of the range, in sets that have ranges.
    let keyEnd: [UInt8]?
    /// What it leads to; empty in a set.
    let value: [UInt8]

    init(
        _ set: FirewallSet, _ key: [FirewallValue], through end: [FirewallValue]? = nil,
        to value: [FirewallValue] = []
    ) {
        self.set = set.name
        family = set.family
        self.key = Self.bytes(key, alone: set.key.count == 1)
        keyEnd = set.hasRanges ? Self.bytes(end ?? key, alone: false) : nil
        self.value = Self.bytes(value, alone: set.value.count == 1)
    }

    private static func bytes(_ values: [FirewallValue], alone: Bool) -> [UInt8] {
        guard !alone else { return values.first?.bytes ?? [] }
        return values.flatMap { value in
            value.bytes + [UInt8](repeating: 0, count: -value.bytes.count & 3)
        }
    }

    /// Requests that add or remove elements, one for each set and 300 elements: a message's nested
    /// attributes hold 64 KiB.
    static func messages(
        _ type: Int64, _ elements: [FirewallElement], flags: NetlinkMessage.Flags, in table: String
    ) -> [NetlinkMessage] {
        var messages: [NetlinkMessage] = []
        var rest = elements[...]
        while let first = rest.first {
            let same = rest.prefix { $0.set == first.set && $0.family == first.family }
            let chunk = same.prefix(300)
            rest = rest.dropFirst(chunk.count)
            messages.append(message(type, Array(chunk), flags, table))
        }
        return messages
    }

    private static func message(
        _ type: Int64, _ elements: [FirewallElement], _ flags: NetlinkMessage.Flags,
        _ table: String
    ) -> NetlinkMessage {
        var message = elements[0].family.message(type, flags)
        message.put(clinux_NFTA_SET_ELEM_LIST_TABLE, table)
        message.put(clinux_NFTA_SET_ELEM_LIST_SET, elements[0].set)
        let withValues = type == clinux_NFT_MSG_NEWSETELEM
        message.nest(clinux_NFTA_SET_ELEM_LIST_ELEMENTS) { list in
            for element in elements {
                list.nest(clinux_NFTA_LIST_ELEM) {
                    element.put(into: &$0, withValue: withValues)
                }
            }
        }
        return message
    }

    private func put(into message: inout NetlinkMessage, withValue: Bool) {
        message.nest(clinux_NFTA_SET_ELEM_KEY) { $0.put(clinux_NFTA_DATA_VALUE, key) }
        if let keyEnd {
            message.nest(clinux_NFTA_SET_ELEM_KEY_END) { $0.put(clinux_NFTA_DATA_VALUE, keyEnd) }
        }
        guard withValue, !value.isEmpty else { return }
        message.nest(clinux_NFTA_SET_ELEM_DATA) { $0.put(clinux_NFTA_DATA_VALUE, value) }
    }
}

/// A part of an element's key or value.
enum FirewallValue: Sendable {
    case interface(String)
    case hardwareAddress(MACAddress)
    case address(IPAddress)
    case transport(UInt8)
    case port(UInt16)
    /// What `numgen` draws, below 256.
    case number(UInt8)

    /// As a packet or a register has it.
    var bytes: [UInt8] {
        switch self {
        case .interface(let name):
            let text = Array(name.utf8.prefix(15))
            return text + [UInt8](repeating: 0, count: 16 - text.count)
        case .hardwareAddress(let address): return address.bytes
        case .address(let address): return address.bytes
        case .transport(let number): return [number]
        case .port(let number): return [UInt8(number >> 8), UInt8(number & 0xFF)]
        // The register holds a 32-bit number in the host's order: only its first byte changes.
        case .number(let number): return [number, 0, 0, 0]
        }
    }
}
