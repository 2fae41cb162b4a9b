// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a command line meets outside itself: where it prints and what the environment says. Tests
/// bring their own.
struct Surroundings {
    /// Writes to standard output.
    var print: (String) -> Void
    /// Writes to standard error.
    var complain: (String) -> Void
    /// A variable of the environment.
    var environment: (String) -> String?

    /// The process's own.
    static var process: Surroundings {
        Surroundings(
            print: { Self.write($0, to: STDOUT_FILENO) },
            complain: { Self.write($0, to: STDERR_FILENO) },
            environment: { name in getenv(name).map { String(cString: $0) } })
    }

    /// Writes all of `text`; a reader that has gone is nobody's concern here.
    private static func write(_ text: String, to descriptor: CInt) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { return }
            rest = rest.dropFirst(max(count, 0))
        }
    }
}
