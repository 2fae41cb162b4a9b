// SPDX-License-Identifier: Apache-2.0

import Engine

/// `--device`: `path[:path in the container][:rwm]`.
enum DeviceText {
    static func parse(_ text: String) throws -> DeviceMapping {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if !text.hasPrefix("/"), text.has("/"), text.has("=") {
            throw InvalidValue("--device \(text): CDI devices are not supported yet")
        }
        guard parts.count <= 3, !parts[0].isEmpty else {
            throw InvalidValue("bad format for path: \(text)")
        }
        var mapping = DeviceMapping(
            pathOnHost: parts[0], pathInContainer: parts[0], cgroupPermissions: "rwm")
        if parts.count == 3 {
            guard isMode(parts[2]) else { throw InvalidValue("bad mode specified: \(parts[2])") }
            mapping.cgroupPermissions = parts[2]
        }
        if parts.count == 2, isMode(parts[1]) {
            mapping.cgroupPermissions = parts[1]
        } else if parts.count > 1 {
            mapping.pathInContainer = parts[1]
        }
        for path in [mapping.pathOnHost, mapping.pathInContainer] where !path.hasPrefix("/") {
            throw InvalidValue("\(path) is not an absolute path")
        }
        return mapping
    }

    /// Letters of `rwm`, each at most once.
    static func isMode(_ text: String) -> Bool {
        let letters = Array(text.utf8)
        return !letters.isEmpty && Set(letters).count == letters.count
            && letters.allSatisfy("rwm".utf8.contains)
    }
}

/// `--device-cgroup-rule`: `type major:minor access`.
enum DeviceCgroupRule {
    static func check(_ text: String) throws {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        let numbers = parts.count == 3 ? parts[1].split(separator: ":") : []
        guard parts.count == 3, ["a", "b", "c"].contains(parts[0]), numbers.count == 2,
            numbers.allSatisfy({ $0 == "*" || isNumber($0) }),
            (1...3).contains(parts[2].utf8.count),
            parts[2].utf8.allSatisfy("rwm".utf8.contains)
        else { throw InvalidValue("invalid device cgroup format '\(text)'") }
    }

    private static func isNumber(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}

/// `--blkio-weight` and `--blkio-weight-device`.
enum WeightText {
    static func checkWeight(_ text: String) throws { _ = try Number.unsigned(text, upTo: 65535) }

    static func check(_ text: String) throws { _ = try parse(text) }

    static func parse(_ text: String) throws -> WeightDevice {
        let (path, weight) = try DevicePath.split(text)
        guard let weight = UInt16(weight), weight == 0 || (10...1000).contains(weight) else {
            throw InvalidValue("invalid weight for device: \(text)")
        }
        return WeightDevice(path: path, weight: weight)
    }
}

/// `--device-read-bps` and its like: `path:rate`.
enum RateText {
    static func checkBytes(_ text: String) throws { _ = try parse(text, inBytes: true) }
    static func checkOperations(_ text: String) throws { _ = try parse(text, inBytes: false) }

    static func parse(_ text: String, inBytes: Bool) throws -> ThrottleDevice {
        let (path, rate) = try DevicePath.split(text)
        let value = inBytes ? (try? Size.bytes(rate)).map(UInt64.init) : UInt64(rate)
        guard let value else {
            let form = inBytes ? "<number>[<unit>]" : "<number>"
            let units = inBytes ? ". Unit is optional and can be kb, mb, or gb" : ""
            throw InvalidValue(
                "invalid rate for device: \(text). The correct format is <device-path>:\(form)."
                    + " Number must be a positive integer\(units)")
        }
        return ThrottleDevice(path: path, rate: value)
    }
}

private enum DevicePath {
    /// The path in `/dev` and what is said about it.
    static func split(_ text: String) throws -> (path: String, rest: String) {
        let (path, rest) = splitOnce(text, at: ":")
        guard let rest else { throw InvalidValue("bad format: \(text)") }
        guard path.hasPrefix("/dev/") else {
            throw InvalidValue("bad format for device path: \(text)")
        }
        return (path, rest)
    }
}

/// `--ulimit`: `name=soft[:hard]`.
enum UlimitText {
    static func parse(_ text: String) throws -> Ulimit {
        let (name, given) = splitOnce(text, at: "=")
        guard let given else { throw InvalidValue("invalid ulimit argument: \(text)") }
        switch name {
        case "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile",
            "nproc", "rss", "rtprio", "rttime", "sigpending", "stack":
            break
        default: throw InvalidValue("invalid ulimit type: \(name)")
        }
        let values = given.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard values.count <= 2 else {
            throw InvalidValue(
                "too many limit value arguments - \(given), can only have up to two, `soft[:hard]`")
        }
        let soft = try Number.integer(values[0])
        let hard = values.count == 2 ? try Number.integer(values[1]) : soft
        let order = "ulimit soft limit must be less than or equal to hard limit:"
        if hard != -1, soft == -1 {
            throw InvalidValue("\(order) soft: -1 (unlimited), hard: \(hard)")
        }
        if hard != -1, soft > hard { throw InvalidValue("\(order) \(soft) > \(hard)") }
        return Ulimit(name: name, soft: soft, hard: hard)
    }

    /// All limits by name; the last of a name counts.
    static func limits(_ texts: [String]) throws -> [Ulimit] {
        var limits: [String: Ulimit] = [:]
        for limit in try texts.map(parse) { limits[limit.name] = limit }
        return limits.values.sorted { $0.name < $1.name }
    }
}

/// `--cpus`: a decimal number or a fraction of CPUs.
enum CPUText {
    static func check(_ text: String) throws { _ = try nanoCPUs(text) }

    /// Billionths of a CPU.
    static func nanoCPUs(_ text: String) throws -> Int64 {
        let unreadable = InvalidValue("failed to parse \(text) as a rational number")
        let negative = text.hasPrefix("-")
        let (above, below) = splitOnce(negative ? String(text.dropFirst()) : text, at: "/")
        guard let number = Decimal(parsing: above) else { throw unreadable }
        guard let product = number.times(1_000_000_000) else { throw unreadable }
        guard product.exact else { throw InvalidValue("value is too precise") }
        var result = product.whole
        if let below {
            guard let divisor = Int64(below), divisor > 0 else { throw unreadable }
            let (quotient, rest) = result.quotientAndRemainder(dividingBy: divisor)
            if rest != 0 { throw InvalidValue("value is too precise") }
            result = quotient
        }
        return negative ? -result : result
    }
}
