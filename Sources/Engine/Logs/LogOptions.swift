// SPDX-License-Identifier: Apache-2.0

extension LogLimits {
    /// Reads Docker's `--log-opt`s: `max-size` of one segment, `max-file` how many. Others are an
    /// error, because a limit that is ignored fills a disk.
    init(options: [String: String]) throws(EngineError) {
        for (name, value) in options {
            switch name {
            case "max-size", "max-file": break
            case "compress":
                if value != "false" { throw EngineError.unsupported("--log-opt compress=\(value)") }
            case "labels", "labels-regex", "env", "env-regex", "tag", "mode", "max-buffer-size":
                throw EngineError.unsupported("--log-opt \(name)")
            default: throw EngineError.invalid("unknown log opt '\(name)' for local log driver")
            }
        }
        do throws(LogLimitsError) {
            try self.init(maxSize: options["max-size"], maxFile: options["max-file"])
        } catch { throw EngineError.invalid("\(error)") }
        segmentSize = max(segmentSize, Self.leastSegment)
    }

    /// A segment holds at least a page.
    private static let leastSegment = 4096
}
