// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
internal import Linux

/// One instruction of nf_tables' machine, which a rule consists of. It loads into registers, compares
/// and looks up; a comparison that fails ends the rule.
enum FirewallExpression: Equatable, Sendable {
    /// Loads something the kernel knows about the packet.
    case meta(Int64, into: Register)
    /// Loads bytes of a header.
    case payload(base: Int64, offset: UInt32, length: UInt32, into: Register)
    /// Loads something about the packet's connection.
    case connection(Int64, into: Register)
    /// Loads whether the destination is an address of this host (RTN_LOCAL), of others, …
    case destinationType(into: Register)
    /// Draws a number from 0 to below `limit`.
    case random(limit: UInt32, into: Register)
    case mask(Register, with: [UInt8])
    case compare(Register, isEqual: Bool, to: [UInt8])
    /// Goes on if the register is in the set, or with `isMember` false if it is not.
    case member(Register, of: FirewallSet, isMember: Bool)
    /// Goes on if the map has the register's value, and loads what it leads to.
    case map(Register, through: FirewallSet, into: Register)
    case verdict(Int64)
    /// Loads these bytes.
    case load([UInt8], into: Register)
    /// Writes a register's bytes into the transport header, whose checksum, at `checksum`, follows.
    case write(Register, offset: UInt32, length: UInt32, checksum: UInt32)
    /// Changes the destination to the address in a register, and the port.
    case translate(family: UInt8, address: Register, port: Register?)
    /// Changes the destination to this host and the port in a register.
    case redirect(port: Register)
    /// Changes the source to the address of the device that the packet leaves by.
    case masquerade

    /// A register of four bytes; longer values fill the next ones too.
    struct Register: Equatable, Sendable {
        let number: UInt32
        /// The `index`th of sixteen.
        init(_ index: Int) { number = UInt32(clinux_NFT_REG32_00) + UInt32(index) }
        /// The first, where keys begin.
        static let first = Register(0)
    }

    private var name: String {
        switch self {
        case .meta: "meta"
        case .payload, .write: "payload"
        case .connection: "ct"
        case .destinationType: "fib"
        case .random: "numgen"
        case .mask: "bitwise"
        case .compare: "cmp"
        case .member, .map: "lookup"
        case .verdict, .load: "immediate"
        case .translate: "nat"
        case .redirect: "redir"
        case .masquerade: "masq"
        }
    }

    /// Adds the expression to a rule's list.
    func put(into list: inout NetlinkMessage) {
        list.nest(clinux_NFTA_LIST_ELEM) {
            $0.put(clinux_NFTA_EXPR_NAME, name)
            $0.nest(clinux_NFTA_EXPR_DATA, putData)
        }
    }

    private func putData(_ data: inout NetlinkMessage) {
        switch self {
        case .meta(let key, let register):
            data.putBig(clinux_NFTA_META_KEY, UInt32(key))
            data.putBig(clinux_NFTA_META_DREG, register.number)
        case .payload(let base, let offset, let length, let register):
            data.putBig(clinux_NFTA_PAYLOAD_DREG, register.number)
            data.putBig(clinux_NFTA_PAYLOAD_BASE, UInt32(base))
            data.putBig(clinux_NFTA_PAYLOAD_OFFSET, offset)
            data.putBig(clinux_NFTA_PAYLOAD_LEN, length)
        case .connection(let key, let register):
            data.putBig(clinux_NFTA_CT_KEY, UInt32(key))
            data.putBig(clinux_NFTA_CT_DREG, register.number)
        case .destinationType(let register):
            data.putBig(clinux_NFTA_FIB_DREG, register.number)
            data.putBig(clinux_NFTA_FIB_RESULT, UInt32(clinux_NFT_FIB_RESULT_ADDRTYPE))
            data.putBig(clinux_NFTA_FIB_FLAGS, UInt32(clinux_NFTA_FIB_F_DADDR))
        case .random(let limit, let register):
            data.putBig(clinux_NFTA_NG_DREG, register.number)
            data.putBig(clinux_NFTA_NG_MODULUS, limit)
            data.putBig(clinux_NFTA_NG_TYPE, UInt32(clinux_NFT_NG_RANDOM))
        case .mask, .compare, .member, .map: putComparison(&data)
        case .verdict, .load, .write, .translate, .redirect, .masquerade: putAction(&data)
        }
    }

    private func putComparison(_ data: inout NetlinkMessage) {
        switch self {
        case .mask(let register, let mask):
            data.putBig(clinux_NFTA_BITWISE_SREG, register.number)
            data.putBig(clinux_NFTA_BITWISE_DREG, register.number)
            data.putBig(clinux_NFTA_BITWISE_LEN, UInt32(mask.count))
            data.nest(clinux_NFTA_BITWISE_MASK) { $0.put(clinux_NFTA_DATA_VALUE, mask) }
            data.nest(clinux_NFTA_BITWISE_XOR) {
                $0.put(clinux_NFTA_DATA_VALUE, [UInt8](repeating: 0, count: mask.count))
            }
        case .compare(let register, let isEqual, let bytes):
            data.putBig(clinux_NFTA_CMP_SREG, register.number)
            data.putBig(
                clinux_NFTA_CMP_OP, UInt32(isEqual ? clinux_NFT_CMP_EQ : clinux_NFT_CMP_NEQ))
            data.nest(clinux_NFTA_CMP_DATA) { $0.put(clinux_NFTA_DATA_VALUE, bytes) }
        case .member(let register, let set, let isMember):
            data.put(clinux_NFTA_LOOKUP_SET, set.name)
            data.putBig(clinux_NFTA_LOOKUP_SREG, register.number)
            if !isMember {
                data.putBig(clinux_NFTA_LOOKUP_FLAGS, UInt32(clinux_NFT_LOOKUP_F_INV))
            }
        case .map(let register, let set, let result):
            data.put(clinux_NFTA_LOOKUP_SET, set.name)
            data.putBig(clinux_NFTA_LOOKUP_SREG, register.number)
            data.putBig(clinux_NFTA_LOOKUP_DREG, result.number)
        default: break
        }
    }

    private func putAction(_ data: inout NetlinkMessage) {
        switch self {
        case .verdict(let code):
            data.putBig(clinux_NFTA_IMMEDIATE_DREG, UInt32(clinux_NFT_REG_VERDICT))
            data.nest(clinux_NFTA_IMMEDIATE_DATA) {
                $0.nest(clinux_NFTA_DATA_VERDICT) {
                    $0.putBig(
                        clinux_NFTA_VERDICT_CODE, UInt32(truncatingIfNeeded: code))
                }
            }
        case .load(let bytes, let register):
            data.putBig(clinux_NFTA_IMMEDIATE_DREG, register.number)
            data.nest(clinux_NFTA_IMMEDIATE_DATA) { $0.put(clinux_NFTA_DATA_VALUE, bytes) }
        case .write(let register, let offset, let length, let checksum):
            data.putBig(clinux_NFTA_PAYLOAD_SREG, register.number)
            data.putBig(
                clinux_NFTA_PAYLOAD_BASE, UInt32(clinux_NFT_PAYLOAD_TRANSPORT_HEADER))
            data.putBig(clinux_NFTA_PAYLOAD_OFFSET, offset)
            data.putBig(clinux_NFTA_PAYLOAD_LEN, length)
            data.putBig(clinux_NFTA_PAYLOAD_CSUM_TYPE, UInt32(clinux_NFT_PAYLOAD_CSUM_INET))
            data.putBig(clinux_NFTA_PAYLOAD_CSUM_OFFSET, checksum)
        case .translate(let family, let address, let port):
            data.putBig(clinux_NFTA_NAT_TYPE, UInt32(clinux_NFT_NAT_DNAT))
            data.putBig(clinux_NFTA_NAT_FAMILY, UInt32(family))
            data.putBig(clinux_NFTA_NAT_REG_ADDR_MIN, address.number)
            if let port { data.putBig(clinux_NFTA_NAT_REG_PROTO_MIN, port.number) }
        case .redirect(let port):
            data.putBig(clinux_NFTA_REDIR_REG_PROTO_MIN, port.number)
        default: break
        }
    }
}
