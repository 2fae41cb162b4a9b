// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux

/// A name server of a test's own, on a loopback address of the host. What it answers, the first part
/// of the name says: `silent` nothing, `failing` that it failed, `forged` first something with
/// another number and then the truth, `cut` in a datagram that there is more. The truth is always
/// 192.0.2.7.
final class Upstream: @unchecked Sendable {
    let address = "127.0.77.53"
    private let datagrams: CInt
    private let listener: CInt
    private let stop: [CInt]
    private var thread = pthread_t()

    init?() {
        datagrams = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
        listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0, let own = IPAddress(parsing: address) else { return nil }
        stop = ends
        var one: CInt = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        let name = socketAddress(own, 53)
        for socket in [datagrams, listener] {
            let bound = name.withUnsafeBytes { bytes in
                bytes.withMemoryRebound(to: sockaddr.self) {
                    bind(socket, $0.baseAddress, socklen_t(bytes.count))
                }
            }
            guard bound == 0 else { return nil }
        }
        listen(listener, 8)
        pthread_create(
            &thread, nil,
            { argument in
                if let argument {
                    Unmanaged<Upstream>.fromOpaque(argument).takeUnretainedValue().serve()
                }
                return nil
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        close(stop[1])
        pthread_join(thread, nil)
        for descriptor in [datagrams, listener, stop[0]] { close(descriptor) }
    }

    private func serve() {
        while true {
            var waited = [datagrams, listener, stop[0]].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            poll(&waited, 3, -1)
            if waited[2].revents != 0 { return }
            if waited[0].revents != 0 { serveDatagram() }
            if waited[1].revents != 0 { serveStream() }
        }
    }

    private func serveDatagram() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var name = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { asker in
                let count = recvfrom(datagrams, &buffer, 4096, 0, asker, &size)
                guard count > 12 else { return }
                for answer in answers(to: Array(buffer.prefix(count)), isStream: false) {
                    sendto(datagrams, answer, answer.count, 0, asker, size)
                }
            }
        }
    }

    private func serveStream() {
        let socket = accept(listener, nil, nil)
        defer { close(socket) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket, &buffer, 4096, 0)
        guard count > 14 else { return }
        for answer in answers(to: Array(buffer[2..<count]), isStream: true) {
            let whole = [UInt8(answer.count >> 8), UInt8(answer.count & 0xFF)] + answer
            send(socket, whole, whole.count, 0)
        }
    }

    private func answers(to query: [UInt8], isStream: Bool) -> [[UInt8]] {
        let length = Int(query[12])
        let word = String(decoding: query.dropFirst(13).prefix(length), as: UTF8.self)
        let isForIPv4 = query.suffix(4).elementsEqual([0, 1, 0, 1])
        func answer(_ last: UInt8, flags: [UInt8] = [0x81, 0x80]) -> [UInt8] {
            let record: [UInt8] =
                isForIPv4 ? [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, last] : []
            let count: UInt8 = isForIPv4 ? 1 : 0
            return query[0..<2] + flags + [0, 1, 0, count, 0, 0, 0, 0] + query.dropFirst(12)
                + record
        }
        switch word {
        case "silent": return []
        case "failing":
            return [
                Array(query[0..<2]) + [0x81, 0x82, 0, 1, 0, 0, 0, 0, 0, 0]
                    + query.dropFirst(12)
            ]
        case "forged":
            var other = answer(66)
            other[0] ^= 0xFF
            return [other, answer(7)]
        case "cut" where !isStream: return [answer(7, flags: [0x83, 0x80])]
        default: return [answer(7)]
        }
    }
}
