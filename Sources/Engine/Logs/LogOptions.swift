// SPDX-License-Identifier: Apache-2.0

extension LogLimits {
    /// Reads Docker's `--log-opt`s: `max-size` (bytes, with k, m or g) of one segment, `max-file` how
    /// many. Others are an error, because a limit that is ignored fills a disk.
    init(options: [String: String]) throws(EngineError) {
        self.init()
        for (name, value) in options {
            switch name {
            case "max-size":
                guard let bytes = Self.bytes(value), bytes > 0 else {
                    throw EngineError.invalid("invalid value for max-size: \(value)")
                }
                segmentSize = max(bytes, Self.leastSegment)
            case "max-file":
                guard let count = Int(value), (1...100_000).contains(count) else {
                    throw EngineError.invalid("invalid value for max-file: \(value)")
                }
                segmentCount = count
            case "compress":
                if value != "false" { throw EngineError.unsupported("--log-opt compress=\(value)") }
            case "labels", "labels-regex", "env", "env-regex", "tag", "mode", "max-buffer-size":
                throw EngineError.unsupported("--log-opt \(name)")
            default: throw EngineError.invalid("unknown log opt '\(name)' for local log driver")
            }
        }
    }

    /// A segment holds at least a page.
    private static let leastSegment = 4096

    private static func bytes(_ text: String) -> Int? {
        var digits = text[...]
        var factor = 1
        switch digits.last?.lowercased() {
        case "k": factor = 1 << 10
        case "m": factor = 1 << 20
        case "g": factor = 1 << 30
        default: break
        }
        if factor > 1 { digits = digits.dropLast() }
        guard let number = Int(digits), number > 0 else { return nil }
        let (bytes, overflows) = number.multipliedReportingOverflow(by: factor)
        return overflows ? nil : bytes
    }
}
