// SPDX-License-Identifier: Apache-2.0

/// Which versions of the runtime specification we understand.
public enum SpecVersion {
    public static let oldest = "1.0.0"
    /// The version that we implement.
    public static let newest = "1.2.1"

    /// Whether a container of this `ociVersion` can be run: within a major version everything that
    /// was added may be ignored (https://semver.org).
    public static func isSupported(_ version: String) -> Bool {
        // What follows a dash or plus names a build or what came before a release.
        let core = version.prefix { $0 != "-" && $0 != "+" }
        let numbers = core.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 3 && numbers[0] == "1"
            && numbers.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
