// SPDX-License-Identifier: Apache-2.0

import Linux
import Testing

@testable import Networking

@Suite struct NamesMessageTests {
    /// A question: header with these flags and counts, then the rest.
    private static func message(
        _ rest: [UInt8], flags: [UInt8] = [1, 0], counts: [UInt8] = [0, 1, 0, 0, 0, 0, 0, 0]
    ) -> [UInt8] { [0xAB, 0xCD] + flags + counts + rest }

    private static let web: [UInt8] = [3, 0x57, 0x65, 0x62, 0]  // "Web"
    private static let internetAddress: [UInt8] = [0, 1, 0, 1]

    @Test func aQuestionIsRead() throws {
        let query = try NamesQuery(parsing: Self.message(Self.web + Self.internetAddress))
        #expect(query.id == 0xABCD && query.wantsRecursion && query.room == 512)
        #expect(query.question.name.text == "web")
        #expect(query.question.kind == NamesQuestion.ipv4 && query.question.isOfInternet)
    }

    @Test func roomIsWhatTheExtensionSays() throws {
        for (size, room) in [(4096, 4096), (0, 512), (100, 512)] {
            let option: [UInt8] =
                [0, 0, 41, UInt8(size >> 8), UInt8(size & 0xFF), 0, 0, 0, 0, 0, 0]
            let query = try NamesQuery(
                parsing: Self.message(
                    Self.web + Self.internetAddress + option, counts: [0, 1, 0, 0, 0, 0, 0, 1]))
            #expect(query.room == room)
            let answer = NamesAnswer([]).bytes(to: query, room: query.room)
            #expect(answer.suffix(11).prefix(3) == [0, 0, 41])
        }
    }

    /// What cannot be a question: silence, or an answer that says what is wrong with it.
    @Test(
        arguments: [
            ([], nil), ([0xAB], nil), (Array(repeating: 0, count: 11), nil),
            // An answer.
            (message(web + internetAddress, flags: [0x80, 0]), nil),
            // A notification (opcode 4), an update (5).
            (message(web + internetAddress, flags: [0x20, 0]), 4),
            (message(web + internetAddress, flags: [0x28, 0]), 4),
            // No question, two, 65,535.
            (message([], counts: [0, 0, 0, 0, 0, 0, 0, 0]), 1),
            (message(web + internetAddress, counts: [0, 2, 0, 0, 0, 0, 0, 0]), 1),
            (message(web + internetAddress, counts: [255, 255, 0, 0, 0, 0, 0, 0]), 1),
            // The name does not end; type and class are missing.
            (message([3, 0x57, 0x65]), 1), (message([3]), 1), (message(web), 1),
            (message(web + [0, 1, 0]), 1),
            // A label of 64 bytes (the upper bits mean something else), a reserved kind.
            (message([64] + Array(repeating: 0x61, count: 64) + [0] + internetAddress), 1),
            (message([0x80, 1, 0] + internetAddress), 1),
            // A pointer to itself, to another that leads back, forward, beyond the end.
            (message([0xC0, 12] + internetAddress), 1),
            (message([1, 0x61, 0xC0, 12] + internetAddress), 1),
            (message([0xC0, 14, 0xC0, 12] + internetAddress), 1),
            (message([0xC0, 0xFF] + internetAddress), 1), (message([0xC0]), 1),
            // Longer than a name may be.
            (
                message(
                    Array(
                        Array(repeating: [63] + Array(repeating: UInt8(0x61), count: 63), count: 4)
                            .joined()) + [0] + internetAddress), 1
            ),
            // A record that is announced and not there, one longer than the message.
            (message(web + internetAddress, counts: [0, 1, 0, 0, 0, 0, 0, 1]), 1),
            (
                message(
                    web + internetAddress + [0, 0, 41, 2, 0, 0, 0, 0, 0, 0xFF, 0xFF],
                    counts: [0, 1, 0, 0, 0, 0, 0, 1]), 1
            ),
        ] as [([UInt8], UInt8?)])
    func whatIsNoQuestion(_ bytes: [UInt8], code: UInt8?) {
        do throws(NamesQuery.Refusal) {
            _ = try NamesQuery(parsing: bytes)
            Issue.record("\(bytes) was read")
        } catch {
            guard let code else {
                #expect(error == .silence)
                return
            }
            guard case .answer(let answer) = error else {
                Issue.record("\(bytes) was met with silence")
                return
            }
            #expect(answer.count == 12 && answer.prefix(2) == bytes.prefix(2))
            #expect(answer[2] & 0x80 != 0 && answer[3] & 0x0F == code)
        }
    }

    /// Whatever bytes arrive, reading them comes to an end and touches nothing beyond them.
    @Test func noiseIsSurvived() throws {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            state = state &* 6_364_136_223_846_793_005 &+ 1
            for _ in 0..<(state >> 40) % 80 {
                state = state &* 6_364_136_223_846_793_005 &+ 1
                bytes.append(
                    state >> 62 == 0 ? 0xC0 : UInt8(truncatingIfNeeded: state >> 56) & 0x1F)
            }
            if bytes.count > 5 { (bytes[2], bytes[4], bytes[5]) = (1, 0, 1) }
            _ = try? NamesQuery(parsing: bytes)
        }
    }

    @Test func addressesAreAnswered() throws {
        let query = try NamesQuery(parsing: Self.message(Self.web + Self.internetAddress))
        let address = try #require(IPAddress(parsing: "172.17.0.2"))
        let bytes = NamesAnswer([.address(address)]).bytes(to: query, room: 512)
        let lower: [UInt8] = [3, 0x77, 0x65, 0x62, 0]
        #expect(
            bytes == [0xAB, 0xCD, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0] + lower
                + Self.internetAddress + [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 172, 17, 0, 2])
        #expect(query.isAnswered(by: bytes, id: 0xABCD))
        #expect(!query.isAnswered(by: bytes, id: 0xABCE))
        #expect(!query.isAnswered(by: Self.message(Self.web + Self.internetAddress), id: 0xABCD))
        let other = try NamesQuery(parsing: Self.message([1, 0x62, 0] + Self.internetAddress))
        #expect(!other.isAnswered(by: bytes, id: 0xABCD))
    }

    @Test func whatDoesNotFitIsCutAndSaidSo() throws {
        let query = try NamesQuery(parsing: Self.message(Self.web + Self.internetAddress))
        let records = (0..<64).map { NamesAnswer.Record.address(.v4(IPv4Address($0))) }
        let cut = NamesAnswer(records).bytes(to: query, room: 512)
        #expect(cut.count <= 512 && cut[2] & 2 != 0 && cut[7] == 30)
        let whole = NamesAnswer(records).bytes(to: query, room: 65_535)
        #expect(whole[2] & 2 == 0 && whole[7] == 64)
    }

    @Test(arguments: [
        ("2.0.17.172.in-addr.arpa", "172.17.0.2"), ("2.0.17.172.IN-ADDR.ARPA.", "172.17.0.2"),
        ("0.17.172.in-addr.arpa", nil), ("1.2.0.17.172.in-addr.arpa", nil),
        ("x.0.17.172.in-addr.arpa", nil), ("300.0.17.172.in-addr.arpa", nil),
        ("2.0.17.172.example.arpa", nil), ("arpa", nil), ("web", nil),
        (
            "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa",
            "fd00::2"
        ),
        ("2.0.0.0.d.f.ip6.arpa", nil),
    ])
    func namesOfAddresses(_ name: String, is address: String?) {
        #expect(DomainName(name)?.reversedAddress.map { "\($0)" } == address)
    }

    @Test(arguments: [
        ("web", true), ("web.", true), ("", true), ("a..b", false), (".a", false),
        (String(repeating: "a", count: 63), true), (String(repeating: "a", count: 64), false),
        (Array(repeating: "abcdefg", count: 32).joined(separator: "."), false),
    ])
    func textsOfNames(_ text: String, isOne: Bool) {
        #expect((DomainName(text) != nil) == isOne)
    }

    @Test func aLabelWithADotIsNoHostsName() throws {
        var offset = 0
        let name = try #require(DomainName(from: [3, 0x61, 0x2E, 0x62, 0], at: &offset))
        #expect(name.text == nil && offset == 5)
    }

    @Test func resolverFiles() throws {
        let file = ResolverFile(
            parsing: """
                # nameserver 192.0.2.9
                domain example.com
                nameserver 127.0.0.53
                nameserver\tfe80::1%7
                nameserver nonsense
                search a.example b.example
                options edns0 trust-ad
                options ndots:2
                """)
        #expect(file.servers.map { "\($0.address)" } == ["127.0.0.53", "fe80::1"])
        #expect(file.servers.last?.socketName.dropFirst(24) == [7, 0, 0, 0])
        #expect(file.search == ["a.example", "b.example"])
        #expect(file.options == ["edns0", "trust-ad", "ndots:2"])
        #expect(ResolverFile(parsing: "").effectiveServers.map { "\($0.address)" } == ["127.0.0.1"])
    }

    /// nft(8) reads the rules of a container's network namespace back as their text says.
    @Test func theKernelTakesTheRules() throws {
        let listed = try inNewNetwork {
            try NamesRules.establish(datagrams: 40_001, stream: 40_002)
            return output(of: "nft list ruleset")
        }
        for chain in NamesRules.chains(datagrams: 40_001, stream: 40_002) {
            for rule in chain.rules {
                let text = rule.text.split(separator: "meta nfproto ipv4 ").joined()
                #expect(listed.contains(text), "\(text) in \(listed)")
            }
        }
    }
}
