// SPDX-License-Identifier: Apache-2.0

extension ImageConfiguration.Execution {
    /// `HEALTHCHECK [--interval=… …] CMD …`, or `HEALTHCHECK NONE`.
    ///
    /// https://docs.docker.com/reference/dockerfile/#healthcheck
    static func healthcheck(
        _ arguments: String
    ) throws(DockerfileError) -> ImageConfiguration.Healthcheck {
        var check = ImageConfiguration.Healthcheck()
        var rest = arguments[...]
        while rest.hasPrefix("--") {
            let word = rest.prefix { $0 != " " && $0 != "\t" }
            try check.set(String(word.dropFirst(2)))
            rest = rest.dropFirst(word.count).drop { $0 == " " || $0 == "\t" }
        }
        let kind = rest.prefix { $0 != " " && $0 != "\t" }
        let command = String(rest.dropFirst(kind.count).drop { $0 == " " || $0 == "\t" })
        switch kind.uppercased() {
        case "":
            throw DockerfileError("HEALTHCHECK requires at least one argument")
        case "NONE":
            guard command.isEmpty else {
                throw DockerfileError("HEALTHCHECK NONE takes no arguments")
            }
            check.test = ["NONE"]
        case "CMD":
            guard !command.isEmpty else {
                throw DockerfileError("Missing command after HEALTHCHECK CMD")
            }
            check.test =
                DockerfileWords.json(command).map { ["CMD"] + $0 } ?? ["CMD-SHELL", command]
        default:
            throw DockerfileError(
                "Unknown type \"\(kind.uppercased())\" in HEALTHCHECK (try CMD)")
        }
        return check
    }
}

extension ImageConfiguration.Healthcheck {
    /// One option, without its dashes.
    fileprivate mutating func set(_ option: String) throws(DockerfileError) {
        let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
        let name = parts.first ?? ""
        guard parts.count == 2 else { throw DockerfileError("Missing a value on flag: \(name)") }
        switch name {
        case "interval": interval = try Self.nanoseconds(parts[1], name)
        case "timeout": timeout = try Self.nanoseconds(parts[1], name)
        case "start-period": startPeriod = try Self.nanoseconds(parts[1], name)
        case "start-interval": startInterval = try Self.nanoseconds(parts[1], name)
        case "retries":
            guard let count = Int(parts[1]), count >= 0 else {
                throw DockerfileError("--retries cannot be negative (\(parts[1]))")
            }
            retries = count
        default: throw DockerfileError("unknown flag: \(name)")
        }
    }

    /// A duration as Go spells it, `1m30s`; at least a millisecond, or 0.
    private static func nanoseconds(
        _ text: String, _ name: String
    ) throws(DockerfileError) -> Int64 {
        let invalid = DockerfileError("time: invalid duration \"\(text)\"")
        var total: Double = 0
        var rest = text[...]
        if text == "0" { return 0 }
        while !rest.isEmpty {
            let figures = rest.prefix { $0 == "." || ("0"..."9").contains($0) }
            rest = rest.dropFirst(figures.count)
            let unit = rest.prefix { $0 != "." && !("0"..."9").contains($0) }
            rest = rest.dropFirst(unit.count)
            guard let count = Double(figures), let length = lengths[String(unit)] else {
                throw invalid
            }
            total += count * length
        }
        guard !text.isEmpty, let whole = Int64(exactly: total.rounded()) else { throw invalid }
        guard whole == 0 || whole >= 1_000_000 else {
            throw DockerfileError("Interval \"\(name)\" cannot be less than 1ms")
        }
        return whole
    }

    private static var lengths: [String: Double] {
        ["ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9]
    }
}
