// SPDX-License-Identifier: Apache-2.0

import Engine

/// The wordings of `ps`.
extension ContainerSummary {
    /// The column STATUS: `Up 2 minutes (healthy)`, `Exited (137) 3 minutes ago`.
    func statusText(now: Timestamp) -> String {
        func ago(_ instant: Timestamp?) -> String {
            humanDuration(seconds: now.seconds(since: instant ?? created)) + " ago"
        }
        let up = humanDuration(seconds: now.seconds(since: startedAt ?? created))
        switch state {
        case .created: return "Created"
        case .running:
            switch health {
            case nil: return "Up \(up)"
            case .starting: return "Up \(up) (health: starting)"
            case .healthy, .unhealthy: return "Up \(up) (\(health?.rawValue ?? ""))"
            }
        case .paused: return "Up \(up) (Paused)"
        case .restarting: return "Restarting (\(exitCode)) \(ago(finishedAt))"
        case .removing: return "Removal In Progress"
        case .dead: return "Dead"
        case .exited:
            // A container whose start failed has never ended.
            guard finishedAt != nil else { return "Created" }
            return "Exited (\(exitCode)) \(ago(finishedAt))"
        }
    }

    /// The column COMMAND, quoted.
    /// - Parameter cells: the most it may take, the quotes aside; nil for all of it.
    func commandText(cells: Int?) -> String {
        let line = command.joined(separator: " ")
        return goQuoted(cells.map { shortened(line, to: $0) } ?? line)
    }

    /// The column PORTS: published on the same number first, neighbours merged.
    var portsText: String {
        var groups: [PortGroup] = []
        var closed: [String] = []
        var mappings: [String] = []
        for port in ports.sorted(by: Port.precedes) {
            if let address = port.hostAddress, port.hostPort != port.containerPort {
                let host = joined(address, "\(port.hostPort ?? 0)")
                mappings.append("\(host)->\(port.containerPort)/\(port.transport)")
                continue
            }
            let group = PortGroup(
                address: port.hostAddress, transport: port.transport, first: port.containerPort,
                last: port.containerPort)
            guard let index = groups.firstIndex(where: group.isSameKind) else {
                groups.append(group)
                continue
            }
            if Int(groups[index].last) + 1 == Int(port.containerPort) {
                groups[index].last = port.containerPort
            } else {
                closed.append(groups[index].text)
                groups[index] = group
            }
        }
        return (closed + groups.map(\.text) + mappings).joined(separator: ", ")
    }
}

/// Neighbouring ports of one address, published on their own numbers or only exposed.
private struct PortGroup {
    let address: String?
    let transport: String
    let first: UInt16
    var last: UInt16

    func isSameKind(_ other: PortGroup) -> Bool {
        address == other.address && transport == other.transport
    }

    var text: String {
        let range = first == last ? "\(first)" : "\(first)-\(last)"
        guard let address else { return "\(range)/\(transport)" }
        return "\(joined(address, range))->\(range)/\(transport)"
    }
}

extension ContainerSummary.Port {
    fileprivate static func precedes(_ left: Self, _ right: Self) -> Bool {
        (left.containerPort, left.hostAddress ?? "", left.hostPort ?? 0, left.transport)
            < (right.containerPort, right.hostAddress ?? "", right.hostPort ?? 0, right.transport)
    }
}

/// An address and a port; IPv6 in brackets.
private func joined(_ address: String, _ port: String) -> String {
    address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
}

/// The 12 digits that stand for an ID in lists, without `sha256:`.
func shortID(_ id: String) -> String {
    String((id.hasPrefix("sha256:") ? id.dropFirst(7) : Substring(id)).prefix(12))
}

/// `k=v` of all labels, in the order of their names.
func labelsText(_ labels: [String: String]) -> String {
    labels.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\($0.key)=\($0.value)" }.joined(separator: ",")
}
