// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// What the health check of a container has found.
struct Health: Codable, Equatable, Sendable {
    /// One probe.
    struct Result: Codable, Equatable, Sendable {
        /// Nanoseconds since 1970.
        var start: Int64
        var end: Int64
        /// 0 is healthy; -1 for a probe that did not run or not end in time.
        var exitCode: Int32
        /// At most 4096 bytes.
        var output: String
    }

    /// So many results are kept.
    static let logLimit = 5

    var status = ContainerSummary.Health.starting
    /// Failures in a row.
    var failingStreak = 0
    var log: [Result] = []

    /// Takes one result in.
    /// - Parameter sinceStart: nanoseconds from the container's start to the probe's.
    /// - Returns: whether the status has changed.
    mutating func take(
        _ result: Result, sinceStart: Int64, _ configuration: HealthConfiguration
    ) -> Bool {
        let former = status
        log = log.suffix(Self.logLimit - 1) + [result]
        if result.exitCode == 0 {
            (failingStreak, status) = (0, .healthy)
        } else if status != .starting || sinceStart >= configuration.startPeriod {
            failingStreak += 1
            if failingStreak >= configuration.effectiveRetries { status = .unhealthy }
        }
        return status != former
    }

    /// Nanoseconds until the next probe.
    func wait(sinceStart: Int64, _ configuration: HealthConfiguration) -> UInt64 {
        let interval =
            status == .starting && sinceStart < configuration.startPeriod
            ? configuration.effectiveStartInterval : configuration.effectiveInterval
        return UInt64(max(0, interval))
    }
}

extension Health {
    /// Docker's `State.Health`. What does not run is not healthy.
    func value(isRunning: Bool) -> JSONValue {
        [
            "Status": .string((isRunning ? status : .unhealthy).rawValue),
            "FailingStreak": .integer(Int64(failingStreak)),
            "Log": .array(
                log.map {
                    [
                        "Start": .string(Timestamp(nanosecondsSinceEpoch: $0.start).rfc3339Nano),
                        "End": .string(Timestamp(nanosecondsSinceEpoch: $0.end).rfc3339Nano),
                        "ExitCode": .integer(Int64($0.exitCode)), "Output": .string($0.output),
                    ]
                }),
        ]
    }
}

extension HealthConfiguration {
    /// Docker's defaults, nanoseconds.
    var effectiveInterval: Int64 { interval > 0 ? interval : 30_000_000_000 }
    var effectiveTimeout: Int64 { timeout > 0 ? timeout : 30_000_000_000 }
    var effectiveStartInterval: Int64 { startInterval > 0 ? startInterval : 5_000_000_000 }
    var effectiveRetries: Int { retries > 0 ? retries : 3 }

    /// The probe's program and arguments; nil when there is none.
    func command(shell: [String]) -> [String]? {
        switch test.first {
        case "CMD": return test.count > 1 ? Array(test.dropFirst()) : nil
        case "CMD-SHELL":
            return (shell.isEmpty ? ["/bin/sh", "-c"] : shell) + test.dropFirst().prefix(1)
        default: return nil
        }
    }
}
