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

    /// Parses the values of `max-size` (a number with an optional k, m or g, any case) and
    /// `max-file`; nil leaves what is kept by default.
    /// - Parameter isDecimal: whether a k is 1000 bytes, as for `json-file`, or 1024.
    public init(
        maxSize: String?, maxFile: String?, isDecimal: Bool = false
    ) throws(LogLimitsError) {
        self.init()
        if let maxSize {
            guard let size = LogLimits.size(maxSize, isDecimal: isDecimal) else {
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

    /// A positive number of bytes with an optional k, m or g, and b; nil when it is none.
    static func size(_ text: String, isDecimal: Bool = false) -> Int? {
        var digits = Substring(text.lowercased())
        if digits.hasSuffix("b") { digits = digits.dropLast() }
        var power = 0
        switch digits.last {
        case "k": power = 1
        case "m": power = 2
        case "g": power = 3
        default: break
        }
        if power > 0 { digits = digits.dropLast() }
        let unit = (0..<power).reduce(1) { unit, _ in unit * (isDecimal ? 1000 : 1024) }
        guard let number = Int(digits), number > 0, number <= Int.max / unit else { return nil }
        return number * unit
    }
}

/// `--log-opt` has a value that is no size or count.
public struct LogLimitsError: Error, Equatable, CustomStringConvertible, Sendable {
    public let option: String
    public let value: String

    public var description: String { "invalid value for log option \(option): '\(value)'" }
}
