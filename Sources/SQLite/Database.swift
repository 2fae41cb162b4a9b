// SPDX-License-Identifier: Apache-2.0

internal import CSQLite
internal import Glibc

/// What SQLite answered.
public struct DatabaseError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The extended result code (https://sqlite.org/rescode.html).
    public let code: Int32
    public let message: String
    /// What was tried: the statement's text, or the file's path.
    public let action: String

    public var description: String { "state database: \(message) (\(action))" }

    /// A unique index or primary key refused the row.
    public var isUniqueViolation: Bool {
        code == csqlite_constraint_unique || code == csqlite_constraint_primary_key
    }

    /// The disk is full: for the database, its log, or the log's index in `<database>-shm`.
    public var isFull: Bool { code & 0xFF == SQLITE_FULL || code == csqlite_ioerr_shmsize }

    /// The file cannot be opened or written by this user.
    public var isDenied: Bool {
        [SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH].contains(code & 0xFF)
    }
}

/// A connection to the state database. Cheap to open (0.3 ms) and to use (a transaction takes some
/// hundredths); never carried across a fork, because POSIX locks are not.
///
/// Write-ahead logging lets readers and one writer work side by side; `synchronous=NORMAL` loses at
/// most the last transactions in a power cut, never the file's integrity.
public struct Database: ~Copyable {
    let handle: OpaquePointer

    /// Opens, and creates where absent, the database at `path`, and brings its tables to the newest
    /// of `migrations`: `migrations[n]` is SQL that leads from version n to n + 1.
    public static func open(
        _ path: String, migrations: [String]
    ) throws(DatabaseError) -> Database {
        var opened: OpaquePointer?
        let flags =
            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW
        // The state holds environments, and those hold secrets: nobody else reads it.
        let mask = umask(0o077)
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        umask(mask)
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw DatabaseError(code: code, message: message, action: "open \(path)")
        }
        let database = Database(handle: opened)
        sqlite3_extended_result_codes(opened, 1)
        sqlite3_busy_timeout(opened, 10_000)
        keepLogOnClose(opened)
        try database.migrate(migrations)
        return database
    }

    private init(handle: OpaquePointer) { self.handle = handle }

    deinit { sqlite3_close_v2(handle) }

    /// A close without a checkpoint: that one costs fsync and milliseconds; the log is folded in by
    /// ordinary commits when it has grown.
    private static func keepLogOnClose(_ handle: OpaquePointer) {
        csqlite_no_checkpoint_on_close(handle)
    }

    private func migrate(_ migrations: [String]) throws(DatabaseError) {
        var version = try integer("PRAGMA user_version")
        let settings =
            "PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
            + "PRAGMA wal_autocheckpoint=0"
        if version == migrations.count { return try execute(settings) }
        guard version < migrations.count else {
            throw DatabaseError(
                code: SQLITE_MISMATCH, message: "made by a newer swocker", action: "open")
        }
        try startLog()
        try execute(settings)
        try transaction { () throws(DatabaseError) in
            version = try integer("PRAGMA user_version")  // another process may have been first
            for step in migrations.dropFirst(version) { try execute(step) }
            try execute("PRAGMA user_version=\(migrations.count)")
        }
    }

    /// Changes to a write-ahead log, once in a database's life. That needs the file alone, and SQLite
    /// does not wait for it: of several first commands at once, all but one come too early.
    private func startLog() throws(DatabaseError) {
        let change = "PRAGMA journal_mode=WAL"
        for _ in 0..<2000 {
            do throws(DatabaseError) { return try execute(change) } catch {
                guard error.code & 0xFF == SQLITE_BUSY else { throw error }
                usleep(5000)
            }
        }
        try execute(change)
    }

    /// Bytes of write-ahead log beyond which folding pays.
    private static let logLimit: Int64 = 48 * 4120

    /// Whether the log is longer than it should be. Whoever opens a database that nobody else has
    /// open reads the whole log, so a short one makes every command faster.
    /// - Parameter bytes: the length of the file `<database>-wal`.
    public static func isLogLong(_ bytes: Int64) -> Bool { bytes > logLimit }

    /// Folds the log into the database and empties it, unless somebody is just reading or writing. It
    /// costs fsyncs: for who keeps nobody waiting.
    ///
    /// SQLite's automatic checkpoints are of no use here. They leave the log's length, and how much
    /// of it is folded is known only to processes that have the database open together: ours come
    /// one after the other.
    public func foldLog() {
        sqlite3_busy_timeout(handle, 0)
        sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
        sqlite3_busy_timeout(handle, 10_000)
    }

    /// Folds the log into the database, and lets the next transaction begin it anew in the same place: on a
    /// full disk that is the only room there is.
    /// - Returns: whether it will.
    public func restartLog() -> Bool {
        sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_RESTART, nil, nil) == SQLITE_OK
    }

    private func integer(_ sql: String) throws(DatabaseError) -> Int {
        var value = 0
        try query(sql) { row in value = Int(row.integer(0)) }
        return value
    }

    /// Runs statements that return nothing and take no values.
    public func execute(_ sql: String) throws(DatabaseError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code, sql) }
    }

    /// Runs one statement with `values` bound to its `?`s.
    /// - Returns: how many rows it changed.
    @discardableResult
    public func run(_ sql: String, _ values: [DatabaseValue] = []) throws(DatabaseError) -> Int {
        try query(sql, values) { _ in }
        return Int(sqlite3_changes(handle))
    }

    /// The row number that the last INSERT of this connection got.
    public var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Runs one statement and hands each row to `body`.
    public func query(
        _ sql: String, _ values: [DatabaseValue] = [], _ body: (Row) -> Void
    ) throws(DatabaseError) {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v2(handle, sql, -1, &prepared, nil)
        guard code == SQLITE_OK, let prepared else { throw error(code, sql) }
        defer { sqlite3_finalize(prepared) }
        for (index, value) in values.enumerated() { value.bind(to: prepared, at: Int32(index + 1)) }
        while true {
            switch sqlite3_step(prepared) {
            case SQLITE_ROW: body(Row(statement: prepared))
            case SQLITE_DONE: return
            case let code: throw error(code, sql)
            }
        }
    }

    /// Runs `body` in a write transaction: all of it happens or nothing. The write lock is taken at
    /// once, so what `body` reads stays true until it commits.
    public func transaction<Result>(
        _ body: () throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        try execute("BEGIN IMMEDIATE")
        do throws(DatabaseError) {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            try? execute("ROLLBACK")
            throw error
        }
    }

    /// As `transaction`, for a body with errors of its own.
    public func transaction<Result>(throwing body: () throws -> Result) throws -> Result {
        try execute("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            try? execute("ROLLBACK")
            throw error
        }
    }

    private func error(_ code: Int32, _ action: String) -> DatabaseError {
        DatabaseError(
            code: sqlite3_extended_errcode(handle),
            message: String(cString: sqlite3_errmsg(handle)),
            action: action)
    }
}

/// A value for a `?`.
public enum DatabaseValue: Sendable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    fileprivate func bind(to statement: OpaquePointer, at index: Int32) {
        switch self {
        case .null: sqlite3_bind_null(statement, index)
        case .integer(let value): sqlite3_bind_int64(statement, index, value)
        case .text(let text):
            sqlite3_bind_text(statement, index, text, Int32(text.utf8.count), csqlite_copied)
        case .blob(let bytes):
            sqlite3_bind_blob(statement, index, bytes, Int32(bytes.count), csqlite_copied)
        }
    }
}

extension DatabaseValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(nilLiteral: ()) { self = .null }

    /// A text, or null for nil.
    public init(_ text: String?) { self = text.map(DatabaseValue.text) ?? .null }
    /// A number, or null for nil.
    public init(_ number: (some BinaryInteger)?) {
        self = number.map { .integer(Int64($0)) } ?? .null
    }
}

/// One row of a result, valid only inside the closure that receives it.
public struct Row {
    let statement: OpaquePointer

    /// Whether a column has no value.
    public func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(statement, column) == SQLITE_NULL
    }

    /// The number of a column; 0 for NULL.
    public func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    /// The text of a column; empty for NULL.
    public func text(_ column: Int32) -> String {
        String(decoding: bytes(column), as: UTF8.self)
    }

    /// The text of a column; nil for NULL.
    public func optionalText(_ column: Int32) -> String? {
        isNull(column) ? nil : text(column)
    }

    /// The number of a column; nil for NULL.
    public func optionalInteger(_ column: Int32) -> Int64? {
        isNull(column) ? nil : integer(column)
    }

    /// The bytes of a text or blob column.
    public func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(statement, column) else { return [] }
        let count = Int(sqlite3_column_bytes(statement, column))
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}
