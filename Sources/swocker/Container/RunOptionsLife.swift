// SPDX-License-Identifier: Apache-2.0

import Engine

extension RunOptionsBuilder {
    /// How the container begins, is watched, logs, ends and begins again.
    func readLife(_ request: inout CreateRequest) throws {
        request.hostConfiguration.containerIDFile = arguments.text("cidfile")
        request.hostConfiguration.autoRemove = arguments.flag("rm")
        request.hostConfiguration.`init` = arguments.isSet("init") ? arguments.flag("init") : nil
        request.hostConfiguration.restartPolicy = try RestartText.parse(arguments.text("restart"))
        if arguments.flag("rm"), request.hostConfiguration.restartPolicy.name != .no {
            throw InvalidValue("conflicting options: cannot specify both --restart and --rm")
        }
        request.hostConfiguration.logConfig = try log()
        request.configuration.healthcheck = try health()
        request.configuration.stopSignal = arguments.string("stop-signal")
            .flatMap { $0.isEmpty ? nil : $0 }
        request.configuration.stopTimeout = arguments.integer("stop-timeout").map(Int.init)
    }

    private func log() throws -> LogConfiguration {
        var log = LogConfiguration(type: arguments.text("log-driver"))
        for text in arguments.list("log-opt") {
            let (key, value) = splitOnce(text, at: "=")
            log.config[key] = value ?? ""
        }
        if log.type == "none", !log.config.isEmpty {
            throw InvalidValue("invalid logging opts for driver none")
        }
        return log
    }

    private func health() throws -> HealthConfiguration? {
        var health = HealthConfiguration()
        if !arguments.text("health-cmd").isEmpty {
            health.test = ["CMD-SHELL", arguments.text("health-cmd")]
        }
        health.interval = try natural("health-interval", arguments.nanoseconds)
        health.timeout = try natural("health-timeout", arguments.nanoseconds)
        health.startPeriod = try natural("health-start-period", arguments.nanoseconds)
        health.startInterval = try natural("health-start-interval", arguments.nanoseconds)
        health.retries = Int(try natural("health-retries", arguments.integer))
        try refuseShort(health)
        health.onUnhealthy = try onUnhealthy()
        let isPlain = health == HealthConfiguration()
        guard arguments.flag("no-healthcheck") else { return isPlain ? nil : health }
        guard isPlain else {
            throw InvalidValue("--no-healthcheck conflicts with --health-* options")
        }
        health.test = ["NONE"]
        return health
    }

    private func refuseShort(_ health: HealthConfiguration) throws {
        for (name, time) in [
            ("Interval", health.interval), ("Timeout", health.timeout),
            ("StartPeriod", health.startPeriod), ("StartInterval", health.startInterval),
        ] where time != 0 && time < 1_000_000 {
            throw InvalidValue("\(name) in Healthcheck cannot be less than 1ms")
        }
    }

    private func onUnhealthy() throws -> String {
        let action = arguments.text("on-unhealthy")
        guard ["", "none", "restart", "stop", "kill"].contains(action) else {
            throw InvalidValue(
                "invalid action '\(action)' for --on-unhealthy: use one of 'none', 'restart', 'stop'"
                    + " or 'kill'")
        }
        return action == "none" ? "" : action
    }

    private func natural(_ name: String, _ read: (String) -> Int64?) throws -> Int64 {
        let value = read(name) ?? 0
        guard value >= 0 else { throw InvalidValue("--\(name) cannot be negative") }
        return value
    }
}

/// `--restart`: a policy, and for `on-failure` how often.
enum RestartText {
    static func parse(_ text: String) throws -> RestartPolicy {
        let (word, count) = splitOnce(text, at: ":")
        if word.isEmpty, count != nil {
            throw InvalidValue("invalid restart policy format: no policy provided before colon")
        }
        guard let retries = count.map({ $0.isEmpty ? 0 : Int($0) }) ?? 0 else {
            throw InvalidValue(
                "invalid restart policy format: maximum retry count must be an integer")
        }
        guard let name = RestartPolicy.Name(rawValue: word.isEmpty ? "no" : word) else {
            throw InvalidValue(
                "invalid restart policy: unknown policy '\(word)'; use one of 'no', 'always',"
                    + " 'on-failure', or 'unless-stopped'")
        }
        if retries < 0 {
            throw InvalidValue("invalid restart policy: maximum retry count cannot be negative")
        }
        if retries != 0, name != .onFailure {
            throw InvalidValue(
                "invalid restart policy: maximum retry count can only be used with 'on-failure'")
        }
        return RestartPolicy(name, maximumRetryCount: retries)
    }
}

/// `--pull`: when to ask the registry.
enum PullText {
    static func parse(_ text: String) throws -> CreateRequest.PullPolicy {
        guard let policy = CreateRequest.PullPolicy(rawValue: text.isEmpty ? "missing" : text)
        else {
            throw InvalidValue(
                "invalid pull option: '\(text)': must be one of \"always\", \"missing\" or"
                    + " \"never\"")
        }
        return policy
    }
}
