// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import Networking

/// The network namespaces of a container and of the monitor that answers its questions.
final class NamesPlace {
    private let home: OwnedFD
    private let container: OwnedFD

    init(process: pid_t) throws(KernelError) {
        home = try attempting("open the network namespace") { () throws(Errno) in
            try OwnedFD.open("/proc/self/ns/net")
        }
        container = try attempting("open the network namespace of \(process)") {
            () throws(Errno) in try OwnedFD.open("/proc/\(process)/ns/net")
        }
    }

    var descriptors: [CInt] { [home.raw, container.raw] }

    /// The sockets for the container's questions, and the rules that lead there.
    func open() throws(KernelError) -> NamesSockets {
        var failure: KernelError?
        let sockets = try attempting("open sockets for names") { () throws(Errno) in
            try inside { () throws(Errno) in
                let sockets = try NamesSockets()
                do throws(NetlinkError) {
                    try NamesRules.establish(
                        datagrams: try Self.port(sockets.datagrams),
                        stream: try Self.port(sockets.listener))
                } catch {
                    failure = KernelError(
                        action: "lead questions for names to the monitor", errno: error.errno)
                }
                return sockets
            }
        }
        if let failure { throw failure }
        return sockets
    }

    private static func port(_ socket: borrowing OwnedFD) throws(NetlinkError) -> UInt16 {
        do throws(Errno) { return try InternetSocket.port(of: socket) } catch {
            throw NetlinkError(errno: error)
        }
    }

    /// A socket that asks a server.
    /// - Parameter isInside: from the container's network namespace, not the host's.
    func connect(
        _ kind: InternetSocket.Kind, to name: [UInt8], isInside: Bool
    ) throws(Errno) -> OwnedFD {
        guard isInside else { return try InternetSocket.connecting(kind, to: name) }
        return try inside { () throws(Errno) in try InternetSocket.connecting(kind, to: name) }
    }

    /// Runs `body` in the container's network namespace. For a process of one thread, which must
    /// not go on in the wrong place.
    private func inside<Result: ~Copyable>(
        _ body: () throws(Errno) -> Result
    ) throws(Errno) -> Result {
        try Namespaces.join(container.raw, .network)
        defer { if (try? Namespaces.join(home.raw, .network)) == nil { abort() } }
        return try body()
    }
}

/// Where a container's questions come.
struct NamesSockets: ~Copyable {
    let datagrams: OwnedFD
    let listener: OwnedFD

    /// In the current network namespace, whose loopback device they need.
    init() throws(Errno) {
        try ThisProcess.raiseLoopback()
        let address = NamesRules.resolver
        let datagrams = try InternetSocket.serving(.datagrams, at: address)
        let listener = try InternetSocket.serving(.stream, at: address)
        self.datagrams = datagrams
        self.listener = listener
    }
}
