// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

/// The program that answers with who asks, in containers and out of them.
struct EchoServer {
    let swocker: Swocker
    private let program: String

    /// Compiles it.
    init(_ swocker: Swocker) throws {
        self.swocker = swocker
        try #require(isInstalled("gcc"), "gcc is not installed")
        let source = String(#filePath.dropLast("EchoServer.swift".count)) + "Programs/echo.c"
        program = swocker.path("echo")
        let built = swocker.host("gcc", "-O1", "-static", "-o", program, source)
        #expect(built.code == 0, "\(built)")
        chmod(program, 0o755)
    }

    /// Runs it in a container, on port 7 of TCP and UDP.
    func run(
        _ name: String, _ options: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let started = swocker(
            ["run", "-d", "--name", name, "-v", "\(program):/echo:ro"] + options
                + ["busybox", "/echo", "7"])
        #expect(started.code == 0, "\(started)", sourceLocation: sourceLocation)
    }

    /// The first line that a server says to a connection: who it takes us for. Nil without one.
    static func ask(_ address: String, _ port: UInt16) -> String? {
        guard let socket = try? connect(.tcp, address, port) else { return nil }
        return line(of: socket.raw)
    }

    /// What a server answers to a datagram that says "hello".
    static func tell(_ address: String, _ port: UInt16) -> String? {
        guard let socket = try? connect(.udp, address, port) else { return nil }
        send(socket.raw, "hello", 5, CInt(MSG_NOSIGNAL))
        return line(of: socket.raw)
    }

    enum Transport: UInt8 { case tcp = 6, udp = 17 }

    static func connect(
        _ transport: Transport, _ address: String, _ port: UInt16
    ) throws -> OwnedFD {
        let own = try #require(IPAddress(parsing: address))
        return try TransportSocket.connect(transport: transport.rawValue, to: own, port: port)
    }

    /// What comes within three seconds, up to the end of the line.
    static func line(of socket: CInt) -> String? {
        var set = PollSet()
        set.add(socket, POLLIN)
        guard let count = try? set.wait(milliseconds: 3000), count > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let length = recv(socket, &bytes, bytes.count, CInt(MSG_DONTWAIT))
        guard length > 0 else { return nil }
        return String(decoding: bytes[..<length].prefix { $0 != 10 }, as: UTF8.self)
    }
}

/// A network namespace that stands for a host outside, with a cable to this one.
final class OutsideHost {
    /// This host's and the other's addresses.
    let own: (four: String, six: String)
    let other: (four: String, six: String)
    private let name: String
    private let swocker: Swocker

    init(_ swocker: Swocker) {
        self.swocker = swocker
        let number = Int.random(in: 1...0xFFFE)
        name = "swo-\(number)"
        let net = "10.\(200 + number >> 12 & 0xF).\(number >> 4 & 0xFF)"
        let site = "fd5c:\(String(number, radix: 16))"
        (own, other) = (("\(net).1", "\(site)::1"), ("\(net).2", "\(site)::2"))
        for line in [
            "ip netns add \(name)",
            "ip link add \(name) type veth peer name eth0 netns \(name)",
            "ip addr add \(own.four)/24 dev \(name)",
            "ip -6 addr add \(own.six)/64 dev \(name) nodad",
            "ip link set \(name) up",
            "ip -n \(name) addr add \(other.four)/24 dev eth0",
            "ip -n \(name) -6 addr add \(other.six)/64 dev eth0 nodad",
            "ip -n \(name) link set eth0 up", "ip -n \(name) link set lo up",
        ] {
            let answer = ChildProcess(words(line), swocker.surroundings()).wait()
            #expect(answer.code == 0, "\(line): \(answer)")
        }
    }

    /// Runs a program of this host's there.
    func callAsFunction(_ arguments: String...) -> Outcome {
        ChildProcess(["ip", "netns", "exec", name] + arguments, swocker.surroundings()).wait()
    }

    deinit {
        _ = ChildProcess(words("ip link del \(name)"), swocker.surroundings()).wait()
        _ = ChildProcess(words("ip netns del \(name)"), swocker.surroundings()).wait()
    }
}
