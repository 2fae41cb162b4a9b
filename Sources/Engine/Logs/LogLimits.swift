// SPDX-License-Identifier: Apache-2.0

/// How much of a log is kept: `--log-opt max-size` and `max-file`.
public struct LogLimits: Equatable, Sendable {
    /// Bytes after which a new segment begins.
    public var segmentSize: Int
    /// How many segments stay; the oldest goes when one more begins.
    public var segmentCount: Int

    public init(segmentSize: Int = 32 << 20, segmentCount: Int = 16) {
        self.segmentSize = max(segmentSize, 1)
        self.segmentCount = max(segmentCount, 1)
    }

    /// Parses the values of `max-size` (a number with an optional k, m or g, binary, any case) and
    /// `max-file`; nil leaves what is kept by default.
    public init(maxSize: String?, maxFile: String?) throws(LogLimitsError) {
        self.init()
        if let maxSize {
            guard let size = LogLimits.size(maxSize) else {
                throw LogLimitsError(option: "max-size", value: maxSize)
            }
            segmentSize = size
        }
        if let maxFile {
            guard let count = Int(maxFile), count > 0 else {
                throw LogLimitsError(option: "max-file", value: maxFile)
            }
            segmentCount = count
        }
    }

    private static func size(_ text: String) -> Int? {
        var digits = Substring(text.lowercased())
        if digits.hasSuffix("b") { digits = digits.dropLast() }
        var shift = 0
        switch digits.last {
        case "k": shift = 10
        case "m": shift = 20
        case "g": shift = 30
        default: break
        }
        if shift > 0 { digits = digits.dropLast() }
        guard let number = Int(digits), number > 0, number <= Int.max >> shift else { return nil }
        return number << shift
    }
}

/// `--log-opt` has a value that is no size or count.
public struct LogLimitsError: Error, Equatable, CustomStringConvertible, Sendable {
    public let option: String
    public let value: String

    public var description: String { "invalid value for log option \(option): '\(value)'" }
}
