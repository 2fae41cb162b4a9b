// SPDX-License-Identifier: Apache-2.0

import CBuild

/// Which program this is.
enum Version {
    static let number = "0.1.0"
    /// The commit that was built, when the build says so.
    static var commit: String { String(cString: cbuild_commit()) }
    /// The Docker Engine API whose values the commands speak.
    static let api = "1.50"

    /// The answer to `swocker --version`.
    static var line: String { "swocker version \(number), build \(commit)\n" }
}
