// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux

@testable import Engine

/// A directory of one test's own.
struct TestDirectory: ~Copyable {
    let path: String

    init() throws {
        var random = SystemRandomNumberGenerator()
        path = "/tmp/swocker-test-\(random.next())"
        try makeDirectory(path, mode: 0o700)
    }

    deinit { try? removeTree(path) }
}

/// A log's two outputs, as text.
struct LogText: Equatable {
    var stdout = ""
    var stderr = ""
}

/// Reads a log into two files and their content back.
func read(
    _ directory: String, _ options: LogOptions = LogOptions(), json: String? = nil
) throws -> LogText {
    let target = try TestDirectory()
    let flags = O_RDWR | O_CREAT
    let stdout = try OwnedFD.open(target.path + "/1", flags, mode: 0o600)
    let stderr = try OwnedFD.open(target.path + "/2", flags, mode: 0o600)
    let reader =
        json.map { LogReader(json: $0, in: directory, options: options) }
        ?? LogReader(directory: directory, options: options)
    try reader.copy(stdout: stdout.raw, stderr: stderr.raw)
    return LogText(
        stdout: String(decoding: try contents(of: target.path + "/1"), as: UTF8.self),
        stderr: String(decoding: try contents(of: target.path + "/2"), as: UTF8.self))
}

/// A thread that a test starts and joins.
final class TestThread {
    private final class Body {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }
    private var thread = pthread_t()

    init(_ body: @escaping () -> Void) {
        let box = Unmanaged.passRetained(Body(body)).toOpaque()
        pthread_create(
            &thread, nil,
            { argument in
                if let argument {
                    Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            }, box)
    }

    func join() { pthread_join(thread, nil) }
}

extension [UInt8] {
    func ends(with tail: [UInt8]) -> Bool { suffix(tail.count).elementsEqual(tail) }
}

extension String {
    var bytes: [UInt8] { Array(utf8) }
}
