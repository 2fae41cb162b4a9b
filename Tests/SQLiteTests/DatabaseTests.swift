// SPDX-License-Identifier: Apache-2.0

import Glibc
import SQLite
import Testing

/// A database file of its own for each test, removed with it.
private final class Scratch {
    let path: String

    init() {
        var template = Array("/tmp/swocker-database-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    deinit {
        for name in ["db", "db-wal", "db-shm"] { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    func open(_ migrations: [String] = Scratch.first) throws -> Database {
        try Database.open("\(path)/db", migrations: migrations)
    }

    var logLength: Int64 {
        var status = stat()
        return stat("\(path)/db-wal", &status) == 0 ? Int64(status.st_size) : 0
    }

    static let first = ["CREATE TABLE things (name TEXT PRIMARY KEY, size INTEGER)"]
}

private func count(_ database: borrowing Database) throws -> Int64 {
    var count: Int64 = -1
    try database.query("SELECT count(*) FROM things") { count = $0.integer(0) }
    return count
}

struct DatabaseTests {
    @Test func migratesFromAnyVersion() throws {
        let scratch = Scratch()
        try scratch.open().run("INSERT INTO things VALUES ('a', 1)")
        let database = try scratch.open(
            Scratch.first + ["ALTER TABLE things ADD COLUMN colour TEXT DEFAULT 'red'"])
        var colour: String?
        try database.query("SELECT colour FROM things") { colour = $0.optionalText(0) }
        #expect(colour == "red")
    }

    @Test func refusesWhatANewerProgramMade() throws {
        let scratch = Scratch()
        _ = try scratch.open(Scratch.first + ["CREATE TABLE more (a)"])
        let error = #expect(throws: DatabaseError.self) { _ = try scratch.open() }
        #expect(error?.message == "made by a newer swocker")
    }

    @Test func valuesComeBackAsTheyWent() throws {
        let scratch = Scratch()
        let database = try scratch.open(["CREATE TABLE values_ (a, b, c, d)"])
        try database.run(
            "INSERT INTO values_ VALUES (?, ?, ?, ?)",
            [.text("é\0x"), .integer(.min), .blob([0, 255]), .null])
        try database.query("SELECT a, b, c, d FROM values_") { row in
            #expect(row.text(0) == "é\0x")
            #expect(row.integer(1) == .min)
            #expect(row.bytes(2) == [0, 255])
            #expect(row.isNull(3) && row.optionalText(3) == nil && row.optionalInteger(3) == nil)
        }
    }

    @Test func tellsAUniqueNameFromOtherFailures() throws {
        let scratch = Scratch()
        let database = try scratch.open()
        try database.run("INSERT INTO things VALUES ('a', 1)")
        let taken = #expect(throws: DatabaseError.self) {
            try database.run("INSERT INTO things VALUES ('a', 2)")
        }
        #expect(taken?.isUniqueViolation == true)
        let wrong = #expect(throws: DatabaseError.self) { try database.execute("SELEC 1") }
        #expect(wrong?.isUniqueViolation == false)
    }

    private struct Stop: Error {}

    @Test func aTransactionThatThrowsLeavesNothing() throws {
        let scratch = Scratch()
        let database = try scratch.open()
        #expect(throws: Stop.self) {
            try database.transaction { () throws in
                try database.run("INSERT INTO things VALUES ('a', 1)")
                throw Stop()
            }
        }
        #expect(try count(database) == 0)
        try database.transaction { () throws in
            _ = try database.run("INSERT INTO things VALUES ('b', 1)")
        }
        #expect(try count(database) == 1)
    }

    @Test func foldingEmptiesTheLogAndKeepsTheRows() throws {
        let scratch = Scratch()
        for number in 0..<100 {
            try scratch.open().run(
                "INSERT INTO things VALUES (?, ?)",
                [.text("thing \(number)"), .integer(Int64(number))])
        }
        #expect(Database.isLogLong(scratch.logLength))
        let database = try scratch.open()
        database.foldLog()
        #expect(scratch.logLength == 0)
        #expect(try count(database) == 100)
    }

    @Test func aReaderKeepsTheLogFromBeingEmptied() throws {
        let scratch = Scratch()
        let reader = try scratch.open()
        let writer = try scratch.open()
        try writer.run("INSERT INTO things VALUES ('a', 1)")
        try reader.execute("BEGIN")
        #expect(try count(reader) == 1)
        try writer.run("INSERT INTO things VALUES ('b', 1)")
        writer.foldLog()
        #expect(scratch.logLength > 0)
        #expect(try count(reader) == 1)
        try reader.execute("COMMIT")
        #expect(try count(reader) == 2)
    }
}
