// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI
internal import SQLite

/// How one run of a container ended, or why there was none: what `why` tells.
struct Ending: Codable, Equatable, Sendable {
    var image: String
    /// The program and its arguments.
    @OmitEmpty var command: [String] = []
    /// Nanoseconds since 1970; nil when it never ran.
    var started: Int64?
    var finished: Int64
    var exitCode: Int32
    /// The signal that ended it.
    var signal: Int32?
    var coreDumped = false
    /// Whether the kernel has killed in its control group for want of memory.
    var outOfMemory = false
    /// Bytes; nil for none.
    var memoryLimit: UInt64?
    /// The most that it has used, bytes; nil where the kernel does not count that.
    var memoryPeak: UInt64?
    /// Who asked for it.
    var request: EndRequest?
    /// What its health check said last; empty without one.
    var health = ""
    /// Why it did not start, or why its end was not seen.
    var error = ""
    /// For which machine its program was made, when that is not this one.
    var foreignMachine: String?
    /// Nanoseconds until its policy starts it again; nil for never.
    var startsAgainAfter: UInt64?
    /// How often its policy had started it before.
    var restartCount = 0

    init(of container: Container, exitCode: Int32) {
        image = container.record.configuration.image
        _command = OmitEmpty(wrappedValue: container.record.commandLine)
        started = container.started?.nanosecondsSinceEpoch
        finished = Timestamp.now.nanosecondsSinceEpoch
        self.exitCode = exitCode
        request = container.endRequest
        restartCount = container.restartCount
    }
}

/// The last endings, also of containers that are gone.
enum EndingTable {
    /// So many are kept.
    static let limit = 200

    static func insert(
        _ ending: Ending, of container: Container, in database: borrowing Database
    ) throws {
        let document = String(decoding: try ending.json().bytes(), as: UTF8.self)
        // One for each: what starts again and again shall not push the others out.
        try database.run("DELETE FROM endings WHERE container = ?", [.text(container.id)])
        try database.run(
            "INSERT INTO endings (container, name, finished, document) VALUES (?, ?, ?, ?)",
            [
                .text(container.id), .text(container.name), .integer(ending.finished),
                .text(document),
            ])
        try database.run(
            "DELETE FROM endings WHERE number <= (SELECT max(number) FROM endings) - ?",
            [.integer(Int64(limit))])
    }

    /// The last ending of a container, by its id, its name, or the beginning of its id.
    static func last(
        of text: String, in database: borrowing Database
    ) throws -> (id: String, name: String, ending: Ending)? {
        let name = text.hasPrefix("/") ? String(text.dropFirst()) : text
        var found: (String, String, String)?
        let prefix = "length(?1) > 1 AND container >= ?1 AND container < ?1 || 'g'"
        for condition in ["container = ?1", "name = ?1", prefix] {
            try database.query(
                "SELECT container, name, document FROM endings WHERE \(condition) "
                    + "ORDER BY number DESC LIMIT 1", [.text(name)]
            ) { found = ($0.text(0), $0.text(1), $0.text(2)) }
            if found != nil { break }
        }
        guard let (id, name, document) = found else { return nil }
        return (id, name, try Ending(json: Array(document.utf8)))
    }
}
