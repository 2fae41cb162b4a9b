// SPDX-License-Identifier: Apache-2.0

import OCI

/// The option `--platform` of commands on images.
enum PlatformOption {
    /// The platform that was asked for; nil when none was. An image here is of one platform, so there
    /// is no choice of several.
    static func only(_ arguments: Arguments) throws -> Platform? {
        let texts = arguments.list("platform")
            .flatMap { $0.split(separator: ",").map(String.init) }
        guard texts.count < 2 else {
            throw UsageError("swocker: more than one --platform is not supported yet")
        }
        guard let text = texts.first else { return nil }
        guard let platform = Platform(parsing: text) else {
            throw UsageError("invalid platform: \(quoted(text)): must be os[/arch[/variant]]")
        }
        return platform
    }
}
