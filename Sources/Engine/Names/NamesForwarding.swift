// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import Networking

/// Questions that others are asked: the servers of `--dns` from the container's own network
/// namespace, those of the host's resolv.conf from the host's, its loopback addresses among them.
///
/// Each question has a socket of its own, so that its port cannot be guessed, takes answers from the
/// server that was asked alone, and bears a random number.
struct NamesForwarding {
    /// A question as it came.
    struct Question {
        let query: NamesQuery
        let message: [UInt8]
        let asker: NamesAsker
        let isStream: Bool
    }

    /// What came of one; no answer means that nobody gave one.
    struct End {
        let query: NamesQuery
        let asker: NamesAsker
        let answer: [UInt8]?
    }

    private let place: NamesPlace
    private let own: [ResolverFile.Server]
    private let namesDots: Bool
    private var hostFile = HostResolver()
    private var asked: [UInt64: NamesAttempt] = [:]
    private var lastToken: UInt64 = 1

    private static let limit = 64
    private static let streamLimit = 8
    private static let attempts = 3
    private static let patience: UInt64 = 1_500_000_000

    init(_ configuration: HostConfiguration, place: NamesPlace) {
        self.place = place
        own = configuration.dns.compactMap { ResolverFile.Server($0) }
        namesDots = configuration.dnsOptions.contains {
            $0.hasPrefix("ndots:") && $0 != "ndots:0"
        }
    }

    var descriptors: [CInt] { place.descriptors }
    var isIdle: Bool { asked.isEmpty }
    var due: UInt64? { asked.values.map(\.deadline).min() }

    /// Whether a name is not worth asking the world: one word, of a container whose `--dns-option
    /// ndots:N` means that its resolver goes on to its search domains.
    func refuses(_ name: String) -> Bool { namesDots && !name.utf8.contains(UInt8(ascii: ".")) }

    /// Asks the world.
    /// - Parameter isOutside: whether the host's servers may be asked.
    /// - Returns: the end, when it is over at once.
    mutating func ask(
        _ question: Question, isOutside: Bool, _ ready: borrowing ReadySet
    ) -> End? {
        let servers = own.isEmpty ? (isOutside ? hostFile.servers() : []) : own
        let isTooMany =
            asked.count >= Self.limit
            || question.isStream && asked.values.count { $0.question.isStream } >= Self.streamLimit
        guard !servers.isEmpty, !isTooMany else { return end(of: question, nil) }
        return tryNext(NamesAttempt(question, servers, isInside: !own.isEmpty), ready)
    }

    /// Something has happened on a question's socket.
    /// - Returns: the end, when it is over.
    mutating func proceed(
        _ token: UInt64, _ buffer: inout [UInt8], _ ready: borrowing ReadySet
    ) -> End? {
        guard let attempt = asked[token] else { return nil }
        switch attempt.proceed(&buffer) {
        case .waits:
            let raw = attempt.descriptor
            let isWaiting = (try? ready.wait(for: raw, attempt.interest, token: token)) != nil
            if isWaiting { return nil }
        case .answered(let bytes):
            asked[token] = nil
            // A server that failed may have a neighbour that does not.
            let code = bytes[3] & 0x0F
            if code == NamesAnswer.Code.serverFailure.rawValue
                || code == NamesAnswer.Code.refused.rawValue, attempt.hasNext
            {
                attempt.lastAnswer = bytes
                return tryNext(attempt, ready)
            }
            return end(of: attempt.question, bytes)
        case .failed: break
        }
        asked[token] = nil
        return tryNext(attempt, ready)
    }

    /// Those that have waited long enough ask the next server, or come to their end.
    mutating func expire(_ now: UInt64, _ ready: borrowing ReadySet) -> [End] {
        var ends: [End] = []
        for (token, attempt) in asked where attempt.deadline <= now {
            asked[token] = nil
            if let end = tryNext(attempt, ready) { ends.append(end) }
        }
        return ends
    }

    private mutating func tryNext(
        _ attempt: NamesAttempt, _ ready: borrowing ReadySet
    ) -> End? {
        while attempt.count < Self.attempts {
            lastToken += 1
            let token = lastToken << 1
            do throws(Errno) {
                try attempt.begin(at: place, until: Clock.monotonic + Self.patience)
                try ready.wait(for: attempt.descriptor, attempt.interest, token: token)
            } catch { continue }
            asked[token] = attempt
            return nil
        }
        return end(of: attempt.question, attempt.lastAnswer)
    }

    /// The answer bears the number that the asker chose.
    private func end(of question: Question, _ answer: [UInt8]?) -> End {
        var answer = answer
        answer?.replaceSubrange(0..<2, with: question.message[0..<2])
        return End(query: question.query, asker: question.asker, answer: answer)
    }
}

/// The servers that the host's /etc/resolv.conf names now.
private struct HostResolver {
    private var changed = timespec()
    private var found: [ResolverFile.Server] = []

    mutating func servers() -> [ResolverFile.Server] {
        var status = stat()
        guard stat("/etc/resolv.conf", &status) == 0 else { return ResolverFile().effectiveServers }
        let now = status.st_mtim
        if found.isEmpty || now.tv_sec != changed.tv_sec || now.tv_nsec != changed.tv_nsec {
            changed = now
            found = ResolverFile(parsing: HostFacts.current.resolvConf).effectiveServers
        }
        return found
    }
}

/// One question on its way from server to server.
final class NamesAttempt {
    let question: NamesForwarding.Question
    private let servers: [ResolverFile.Server]
    private let isInside: Bool
    private var socket: OwnedFD?
    private var id: UInt16 = 0
    /// What is still to be sent, and what has come, of a stream.
    private var output: [UInt8] = []
    private var input: [UInt8] = []
    private(set) var count = 0
    private(set) var deadline: UInt64 = 0
    /// What a server said that failed.
    var lastAnswer: [UInt8]?

    enum Progress {
        case waits, failed
        case answered([UInt8])
    }

    init(
        _ question: NamesForwarding.Question, _ servers: [ResolverFile.Server], isInside: Bool
    ) {
        self.question = question
        self.servers = servers
        self.isInside = isInside
    }

    var descriptor: CInt { socket?.raw ?? -1 }
    var interest: ReadySet.Interest { output.isEmpty ? .reading : .writing }
    /// Whether there is a server that was not asked yet.
    var hasNext: Bool { count < servers.count }

    /// Asks the next server.
    func begin(at place: NamesPlace, until deadline: UInt64) throws(Errno) {
        let server = servers[count % servers.count]
        count += 1
        self.deadline = deadline
        socket = nil
        let random = try randomBytes(2)
        id = UInt16(random[0]) << 8 | UInt16(random[1])
        let message = random + question.message.dropFirst(2)
        let opened = try place.connect(
            question.isStream ? .stream : .datagrams, to: server.socketName, isInside: isInside)
        (input, output) = ([], [])
        if question.isStream {
            output = [UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message
        } else {
            let sent = try InternetSocket.send(message, over: opened.raw)
            guard sent == message.count else { throw .wouldBlock }
        }
        socket = .some(opened)
    }

    /// Sends and takes what is possible now.
    func proceed(_ buffer: inout [UInt8]) -> Progress {
        do throws(Errno) {
            if !output.isEmpty {
                output.removeFirst(try InternetSocket.send(output, over: descriptor))
                return .waits
            }
            let count = try InternetSocket.receive(over: descriptor, into: &buffer)
            guard let count else { return .waits }
            return take(buffer.prefix(count))
        } catch { return .failed }
    }

    private func take(_ bytes: ArraySlice<UInt8>) -> Progress {
        guard question.isStream else {
            let message = Array(bytes)
            return question.query.isAnswered(by: message, id: id) ? .answered(message) : .waits
        }
        if bytes.isEmpty { return .failed }
        input += bytes
        guard input.count >= 2 else { return .waits }
        let length = Int(input[0]) << 8 | Int(input[1])
        guard input.count >= 2 + length else { return .waits }
        let message = Array(input[2..<2 + length])
        return question.query.isAnswered(by: message, id: id) ? .answered(message) : .failed
    }
}
