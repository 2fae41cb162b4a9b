// SPDX-License-Identifier: Apache-2.0

/// `--log-driver` and `--log-opt`, understood. What is not understood is refused: a limit that is
/// ignored fills a disk.
struct LogSettings: Equatable {
    enum Driver: String {
        case local
        case jsonFile = "json-file"
        case none
    }

    let driver: Driver
    /// How much is kept.
    var limits = LogLimits()
    /// `mode=non-blocking`: bytes that may wait for the log before output is dropped; nil when the
    /// container waits.
    var bufferSize: Int?

    /// - Throws: Docker's words for a driver, an option or a value that is none.
    init(_ configuration: LogConfiguration) throws(EngineError) {
        guard let driver = Driver(rawValue: configuration.type) else {
            throw .invalid(
                "error looking up logging plugin \(configuration.type): "
                    + "plugin \"\(configuration.type)\" not found")
        }
        self.driver = driver
        if driver == .none { return }
        let options = configuration.config
        for name in options.keys.sorted() { try Self.check(name, options[name] ?? "", driver) }
        bufferSize = try Self.bufferSize(options)
        do throws(LogLimitsError) {
            limits = try LogLimits(
                maxSize: options["max-size"], maxFile: options["max-file"],
                isDecimal: driver == .jsonFile)
        } catch { throw .invalid("\(error)") }
        if driver == .jsonFile, options["max-size"] != nil, options["max-file"] == nil {
            limits.segmentCount = 1
        }
        if driver == .local { limits.segmentSize = max(limits.segmentSize, Self.leastSegment) }
    }

    /// A segment holds at least a page.
    private static let leastSegment = 4096
    /// What Docker lets wait unless `max-buffer-size` is given.
    private static let usualBufferSize = 1_000_000

    private static func check(
        _ name: String, _ value: String, _ driver: Driver
    ) throws(EngineError) {
        switch name {
        case "max-size", "max-file", "labels", "env", "mode", "max-buffer-size": break
        case "tag": _ = try LogTag(parsing: value)
        case "compress" where ["false", "0", "f", "F", "FALSE", "False"].contains(value): break
        case "compress": throw .unsupported("--log-opt compress=\(value)")
        case "labels-regex", "env-regex": throw .unsupported("--log-opt \(name)")
        default:
            throw .invalid(
                driver == .local
                    ? "unknown log opt '\(name)' for log driver local"
                    : "unknown log opt '\(name)' for json-file log driver")
        }
    }

    private static func bufferSize(_ options: [String: String]) throws(EngineError) -> Int? {
        let mode = options["mode"] ?? ""
        guard ["", "blocking", "non-blocking"].contains(mode) else {
            throw .invalid("logger: logging mode not supported: \(mode)")
        }
        guard let text = options["max-buffer-size"] else {
            return mode == "non-blocking" ? usualBufferSize : nil
        }
        if mode != "non-blocking" {
            throw .invalid(
                "logger: max-buffer-size option is only supported with 'mode=non-blocking'")
        }
        guard let size = LogLimits.size(text) else {
            throw .invalid(
                "error parsing option max-buffer-size: invalid size: '\(text)'")
        }
        return size
    }
}
