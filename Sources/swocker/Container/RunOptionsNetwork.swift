// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc

/// `--network`: a name, or a record `name=…,alias=…,ip=…`.
enum NetworkText {
    static func check(_ text: String) throws { _ = try parse(text) }

    static func parse(_ text: String) throws -> NetworkAttachment {
        guard text.has("=") else { return NetworkAttachment(network: text) }
        var attachment = NetworkAttachment(network: "")
        for field in try CommaRecord.fields(text) {
            let (key, value) = CommaRecord.pair(field)
            guard let value else { throw InvalidValue("invalid field \(field)") }
            try put(value, as: key.lowercased(), in: &attachment)
        }
        if attachment.network.isEmpty { throw InvalidValue("network name/id is not specified") }
        return attachment
    }

    private static func put(
        _ value: String, as key: String, in attachment: inout NetworkAttachment
    ) throws {
        switch key {
        case "name": attachment.network = value
        case "alias": attachment.aliases.append(value)
        case "ip": attachment.ipv4Address = value
        case "ip6": attachment.ipv6Address = value
        case "mac-address": attachment.macAddress = value
        case "link-local-ip": attachment.linkLocalAddresses.append(value)
        case "driver-opt":
            let (name, setting) = splitOnce(value, at: "=")
            guard let setting else {
                throw InvalidValue("invalid key value pair format in driver options")
            }
            attachment.driverOptions[name] = setting
        case "gw-priority":
            guard let priority = Int(value) else {
                throw InvalidValue("invalid gw-priority (\(value)): invalid syntax")
            }
            attachment.gatewayPriority = priority
        default: throw InvalidValue("invalid field key \(key)")
        }
    }
}

/// All network options together: the mode, and the networks to join.
struct NetworkChoice: Equatable {
    var mode = "default"
    var attachments: [NetworkAttachment] = []

    init(_ arguments: Arguments) throws {
        var networks = try arguments.list("network").map(NetworkText.parse)
        if networks.isEmpty { networks = [NetworkAttachment(network: "default")] }
        try Self.apply(arguments, to: &networks[0])
        for (index, network) in networks.enumerated() {
            try Self.check(network)
            if networks[..<index].contains(where: { $0.network == network.network }) {
                throw InvalidValue("network \"\(network.network)\" is specified multiple times")
            }
        }
        if networks.count > 1, !networks.allSatisfy({ Self.isUserDefined($0.network) }) {
            throw InvalidValue(
                "conflicting options: cannot attach both user-defined and non-user-defined"
                    + " network-modes")
        }
        mode = networks[0].network
        attachments = networks.filter { Self.isUserDefined($0.network) || !$0.isPlain }
    }

    /// Whether `name` is neither a mode nor one of the networks that are always there.
    static func isUserDefined(_ name: String) -> Bool {
        !["default", "bridge", "host", "none"].contains(name) && !name.hasPrefix("container:")
    }

    /// Options that speak of the first network.
    private static func apply(
        _ arguments: Arguments, to network: inout NetworkAttachment
    ) throws {
        func conflict(_ option: String, _ own: String) -> InvalidValue {
            InvalidValue(
                "conflicting options: cannot specify both --\(option) and per-network \(own)")
        }
        func single(_ option: String, _ current: String?, _ own: String) throws -> String? {
            guard let value = arguments.string(option), !value.isEmpty else { return current }
            if current != nil { throw conflict(option, own) }
            return value
        }
        let aliases = arguments.list("network-alias")
        if !aliases.isEmpty {
            if !network.aliases.isEmpty { throw conflict("network-alias", "alias") }
            network.aliases = aliases
        }
        network.ipv4Address = try single("ip", network.ipv4Address, "IPv4 address")
        network.ipv6Address = try single("ip6", network.ipv6Address, "IPv6 address")
        network.macAddress = try single("mac-address", network.macAddress, "MAC address")
        let linkLocal = arguments.list("link-local-ip")
        if !linkLocal.isEmpty {
            if !network.linkLocalAddresses.isEmpty {
                throw conflict("link-local-ip", "link-local IP addresses")
            }
            network.linkLocalAddresses = linkLocal
        }
    }

    private static func check(_ network: NetworkAttachment) throws {
        if network.network.isEmpty { throw InvalidValue("no name set for network") }
        if !network.aliases.isEmpty, !isUserDefined(network.network) {
            throw InvalidValue(
                "network-scoped aliases are only supported for user-defined networks")
        }
        if let address = network.macAddress, !AddressText.isMAC(address) {
            throw InvalidValue("\(address) is not a valid mac address")
        }
        for address in [network.ipv4Address, network.ipv6Address].compactMap({ $0 })
            + network.linkLocalAddresses
        where !AddressText.isAddress(address) {
            throw InvalidValue("invalid IP address: \(address)")
        }
    }
}

/// Addresses as options take them.
enum AddressText {
    static func checkResolver(_ text: String) throws {
        guard isAddress(text) else {
            throw InvalidValue("IP address is not correctly formatted: \(text)")
        }
    }

    /// Whether `text` is an IPv4 or IPv6 address (inet_pton(3)).
    static func isAddress(_ text: String) -> Bool {
        var bytes = in6_addr()
        return inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1
    }

    /// Whether `text` is six pairs of hexadecimal digits.
    static func isMAC(_ text: String) -> Bool {
        let parts = text.split(separator: text.has("-") ? "-" : ":")
        return parts.count == 6 && text.utf8.count == 17
            && parts.allSatisfy { $0.utf8.count == 2 && UInt8($0, radix: 16) != nil }
    }
}

/// `--add-host`: `name:address`, `name=address` or `name:host-gateway`.
enum ExtraHostText {
    static func check(_ text: String) throws { _ = try parse(text) }

    /// `name:address`, as `HostConfiguration.extraHosts` has it.
    static func parse(_ text: String) throws -> String {
        let (name, given) = splitOnce(text, at: text.has("=") ? "=" : ":")
        guard !name.isEmpty, var address = given else {
            throw InvalidValue("bad format for add-host: \"\(text)\"")
        }
        if address.hasPrefix("["), address.hasSuffix("]") {
            address = String(address.dropFirst().dropLast())
        }
        guard address == "host-gateway" || AddressText.isAddress(address) else {
            throw InvalidValue("invalid IP address in add-host: \"\(address)\"")
        }
        // It becomes a line of /etc/hosts.
        if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            throw InvalidValue("bad format for add-host: control characters in the name")
        }
        return "\(name):\(address)"
    }
}

/// `--dns-search`: a domain, or `.` for none.
enum DomainText {
    static func check(_ text: String) throws {
        if text == "." { return }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
            .dropLast(text.hasSuffix(".") ? 1 : 0)
        guard text.utf8.count < 255, !labels.isEmpty, labels.allSatisfy(isLabel),
            text.utf8.contains(where: { (0x61...0x7A).contains($0 | 0x20) })
        else { throw InvalidValue("\(text) is not a valid domain") }
    }

    private static func isLabel(_ text: Substring) -> Bool {
        !text.isEmpty && !text.hasPrefix("-") && !text.hasSuffix("-")
            && text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
                    || byte == UInt8(ascii: "-")
            }
    }
}

/// `--link`: `name[:alias]`.
enum LinkText {
    static func check(_ text: String) throws {
        if text.isEmpty { throw InvalidValue("empty string specified for links") }
        if text.split(separator: ":", omittingEmptySubsequences: false).count > 2 {
            throw InvalidValue("bad format for links: \(text)")
        }
    }
}
