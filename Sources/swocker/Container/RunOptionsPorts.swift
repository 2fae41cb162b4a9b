// SPDX-License-Identifier: Apache-2.0

import Engine

/// `--publish`: `[ip:][host[-host]:]container[-container][/protocol]`, or
/// `published=H,target=C,protocol=P`.
enum PublishText {
    static func parse(_ text: String) throws -> [(port: Port, binding: PortBinding)] {
        let short = text.has("=") ? try shortForm(of: text) : text
        let (raw, transport) = PortText.split(short)
        var parts = raw.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let container = parts.removeLast()
        let host = parts.popLast() ?? ""
        let address = try address(parts.joined(separator: ":"))
        if container.isEmpty { throw InvalidValue("no port specified: \(short)<empty>") }
        guard let ports = try? PortText.range(container) else {
            throw InvalidValue("invalid containerPort: \(container)")
        }
        guard let hostPorts = host.isEmpty ? ports : try? PortText.range(host) else {
            throw InvalidValue("invalid hostPort: \(host)")
        }
        if hostPorts.count != ports.count, ports.count != 1 {
            throw InvalidValue(
                "invalid ranges specified for container and host Ports: \(container) and \(host)")
        }
        let protocolName = try PortText.transport(transport)
        return zip(ports, hostPorts).map { number, hostNumber in
            let all = hostPorts.count != ports.count ? host : "\(hostNumber)"
            let binding = PortBinding(hostIP: address, hostPort: host.isEmpty ? "" : all)
            return (Port(number, protocolName), binding)
        }
    }

    private static func shortForm(of text: String) throws -> String {
        var (published, target, transport) = ("", "", "tcp")
        for field in try CommaRecord.fields(text) {
            let (key, value) = CommaRecord.pair(field)
            switch key {
            case "published": published = value ?? ""
            case "target": target = value ?? ""
            case "protocol": transport = value ?? ""
            default: break  // Docker reads swarm's keys and lets them be
            }
        }
        return (published.isEmpty ? "" : "\(published):") + "\(target)/\(transport)"
    }

    private static func address(_ text: String) throws -> String {
        var text = text
        if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
        guard text.isEmpty || AddressText.isAddress(text) else {
            throw InvalidValue("invalid IP address: \(text)")
        }
        return text
    }
}

/// `--expose`: `port[-port][/protocol]`.
enum ExposeText {
    static func parse(_ text: String) throws -> [Port] {
        if text.has(":") { throw InvalidValue("invalid port format for --expose: \(text)") }
        let (raw, transport) = PortText.split(text)
        do {
            let protocolName = try PortText.transport(transport)
            return try PortText.range(raw).map { Port($0, protocolName) }
        } catch {
            throw InvalidValue("invalid range format for --expose: \(text), error: \(error)")
        }
    }
}

/// What both have in common.
enum PortText {
    /// The part before the slash and the protocol behind it.
    static func split(_ text: String) -> (raw: String, transport: String) {
        let (raw, behind) = splitOnce(text, at: "/")
        let transport = behind.map { splitOnce($0, at: "/").0 } ?? "tcp"
        return (raw, transport.isEmpty ? "tcp" : transport)
    }

    static func transport(_ text: String) throws -> TransportProtocol {
        guard let transport = TransportProtocol(rawValue: text.lowercased()) else {
            throw InvalidValue("invalid proto: \(text)")
        }
        return transport
    }

    /// `80` or `80-90`.
    static func range(_ text: String) throws -> ClosedRange<UInt16> {
        if text.isEmpty { throw InvalidValue("empty string specified for ports") }
        let (first, last) = splitOnce(text, at: "-")
        let (start, end) = (try number(first), try number(last ?? first))
        guard start <= end else {
            throw InvalidValue("invalid range specified for port: \(text)")
        }
        return start...end
    }

    private static func number(_ text: String) throws -> UInt16 {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw Number.syntax("ParseUint", text)
        }
        guard let number = UInt16(text) else {
            throw text.isEmpty
                ? Number.syntax("ParseUint", text) : Number.range("ParseUint", text)
        }
        return number
    }
}
