// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import Networking

/// Ports that a container asks for, next to each other on the same address.
struct PortRequest: Equatable {
    let transport: TransportProtocol
    /// nil for all addresses of both families.
    let hostAddress: IPAddress?
    /// nil for any that is free.
    let hostPorts: ClosedRange<UInt16>?
    let containerPorts: ClosedRange<UInt16>

    /// Whether one port of several will do: `-p 8000-8010:80`.
    var isChoice: Bool { (hostPorts?.count ?? 0) > containerPorts.count }

    /// What is asked for, neighbours put together: a range of ten thousand ports is one request.
    static func all(
        _ bindings: PortBindings, defaultAddress: IPAddress? = nil
    ) throws(EngineError) -> [PortRequest] {
        var requests: [PortRequest] = []
        for port in bindings.ports {
            for binding in bindings[port] {
                let next = try PortRequest(port, binding, defaultAddress)
                if let index = requests.lastIndex(where: { next.continues($0) }) {
                    requests[index] = requests[index].joined(with: next)
                } else {
                    requests.append(next)
                }
            }
        }
        return requests
    }

    private init(
        _ port: Port, _ binding: PortBinding, _ defaultAddress: IPAddress?
    ) throws(EngineError) {
        transport = port.transport
        containerPorts = port.number...port.number
        if binding.hostIP.isEmpty {
            hostAddress = defaultAddress
        } else {
            guard let address = IPAddress(parsing: binding.hostIP) else {
                throw .invalid("invalid IP address: \(binding.hostIP)")
            }
            hostAddress = address
        }
        hostPorts = try Self.range(binding.hostPort)
    }

    private init(
        _ transport: TransportProtocol, _ address: IPAddress?, _ host: ClosedRange<UInt16>?,
        _ container: ClosedRange<UInt16>
    ) {
        self.transport = transport
        hostAddress = address
        hostPorts = host
        containerPorts = container
    }

    private static func range(_ text: String) throws(EngineError) -> ClosedRange<UInt16>? {
        if text.isEmpty || text == "0" { return nil }
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = UInt16(parts[0]), let last = UInt16(parts[parts.count - 1]), first > 0,
            first <= last
        else { throw .invalid("invalid hostPort: \(text)") }
        return first...last
    }

    private func continues(_ other: PortRequest) -> Bool {
        guard let own = hostPorts, let others = other.hostPorts, !isChoice, !other.isChoice else {
            return false
        }
        return transport == other.transport && hostAddress == other.hostAddress
            && containerPorts.lowerBound == other.containerPorts.upperBound &+ 1
            && own.lowerBound == others.upperBound &+ 1
    }

    private func joined(with next: PortRequest) -> PortRequest {
        guard let own = hostPorts, let others = next.hostPorts else { return self }
        return PortRequest(
            transport, hostAddress, own.lowerBound...others.upperBound,
            containerPorts.lowerBound...next.containerPorts.upperBound)
    }
}

/// The host's ports that programs hold, read when first asked for.
struct HeldPorts {
    private var known: [String: [HeldPort]] = [:]

    /// The socket that holds one of these ports on this address; nil when all are free.
    mutating func holder(of lease: PortLease) throws -> HeldPort? {
        let family = "\(lease.transport)\(lease.hostAddress.isIPv4)"
        if known[family] == nil { known[family] = try Self.read(lease) }
        return known[family]?.first { held in
            lease.hostPorts.contains(held.port)
                && (held.address == lease.hostAddress || held.address.isUnspecified
                    || lease.hostAddress.isUnspecified)
        }
    }

    private static func read(_ lease: PortLease) throws -> [HeldPort] {
        let isIPv4 = lease.hostAddress.isIPv4
        do throws(NetlinkError) {
            var socket = try open()
            let held = try socket.heldPorts(
                transport: lease.transport.number.rawValue, isIPv4: isIPv4)
            guard isIPv4 else { return held }
            // A socket of IPv6 may serve IPv4 too; whether this one does is not told.
            return held
        } catch {
            // A kernel that does not list this protocol's sockets has none, or bind(2) will tell.
            if error.errno == .noEntry || error.errno == .invalid { return [] }
            throw KernelError(action: "list the host's ports", errno: error.errno)
        }
    }

    private static func open() throws(NetlinkError) -> NetlinkSocket {
        do throws(Errno) { return try NetlinkSocket(.socketDiagnosis) } catch {
            throw NetlinkError(errno: error)
        }
    }

    /// Who holds a port that bind(2) says is taken: a socket of IPv6 may serve IPv4 too, and whether one
    /// does is not told.
    static func program(holding lease: PortLease) -> String? {
        let isIPv4 = lease.hostAddress.isIPv4
        let other = PortLease(
            transport: lease.transport,
            hostAddress: isIPv4 ? .v6(IPv6Address(0)) : .v4(IPv4Address(0)),
            hostPorts: lease.hostPorts, containerPort: lease.containerPort)
        var held = HeldPorts()
        let socket = (try? held.holder(of: lease)) ?? (try? held.holder(of: other))
        return socket.flatMap(program(of:))
    }

    /// "nginx (pid 1234)", for an error: found by looking through all processes' descriptors.
    static func program(of socket: HeldPort) -> String? {
        let link = "socket:[\(socket.inode)]"
        for pid in (try? names(in: "/proc")) ?? [] where UInt32(pid) != nil {
            for fd in (try? names(in: "/proc/\(pid)/fd")) ?? []
            where (try? TreeCopy.readLink("/proc/\(pid)/fd/\(fd)", at: currentDirectory)) == link {
                let bytes = (try? contents(of: "/proc/\(pid)/comm", limit: 64)) ?? []
                let name = String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
                return "\(name) (pid \(pid))"
            }
        }
        return nil
    }
}
