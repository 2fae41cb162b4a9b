// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import SQLite

/// The health check of one run of a container: probes at intervals, writes down what they find, and
/// does what `--on-unhealthy` says.
final class HealthCheck {
    private let engine: Engine
    private let container: Container
    private let configuration: HealthConfiguration
    private let command: [String]
    /// Of `Clock.monotonic`.
    private let started: UInt64
    private var health = Health()
    private var probe: HealthProbe?
    /// When the running probe began, nanoseconds since 1970, and since the container's start.
    private var began: (time: Int64, sinceStart: Int64) = (0, 0)
    /// The next probe; the end of the running one's patience; the end of the container's.
    private var due: UInt64?
    private var isEnding = false

    /// Nil for a container that has no check.
    /// - Parameter container: running, as on record.
    init?(of container: Container, by engine: Engine) {
        let settings = container.record.configuration
        guard let configuration = settings.healthcheck,
            let command = configuration.command(shell: settings.shell)
        else { return nil }
        self.engine = engine
        self.container = container
        self.configuration = configuration
        self.command = command
        started = Clock.monotonic
        due = started + health.wait(sinceStart: 0, configuration)
    }

    /// What the monitor's loop waits for.
    var watch: MonitorWatch {
        MonitorWatch({ [self] in probe?.descriptor }, events: POLLIN) { [self] _ in
            finishProbe()
            return true
        }
    }

    /// What the monitor's loop does at a time.
    var timer: MonitorTimer {
        MonitorTimer(due: { [self] in due }, fire: fire)
    }

    /// Nothing is wanted any more: the container has ended.
    func stop() {
        due = nil
        isEnding = true
        if let probe = probe.take() { probe.abandon() }
    }

    private func fire() {
        if isEnding {
            // It was asked to end and has not.
            due = nil
            return container.process.receive(signal: SIGKILL)
        }
        if let stuck = probe.take() {
            // Its fork keeps the time; only where that is held up, in a frozen group, this is needed.
            stuck.abandon()
            let reason =
                "Health check exceeded timeout (\(goDuration(configuration.effectiveTimeout)))"
            return take(code: -1, output: Array(reason.utf8))
        }
        let now = Clock.monotonic
        let sinceStart = Int64(now - started)
        if case .paused = engine.state(of: container) {
            due = now + health.wait(sinceStart: sinceStart, configuration)
            return
        }
        began = (Timestamp.now.nanosecondsSinceEpoch, sinceStart)
        do {
            probe = try HealthProbe(
                of: container, by: engine, command: command,
                timeout: configuration.effectiveTimeout)
            due = now + UInt64(configuration.effectiveTimeout) + 5_000_000_000
        } catch { take(code: -1, output: Array("\(error)".utf8)) }
    }

    private func finishProbe() {
        guard let probe = probe.take() else { return }
        let (code, output) = probe.finish()
        take(code: code, output: output)
    }

    private func take(code: Int32, output: [UInt8]) {
        let result = Health.Result(
            start: began.time, end: Timestamp.now.nanosecondsSinceEpoch, exitCode: code,
            output: String(decoding: output.prefix(HealthProbe.outputLimit), as: UTF8.self))
        let isChanged = health.take(result, sinceStart: began.sinceStart, configuration)
        let now = Clock.monotonic
        due = now + health.wait(sinceStart: Int64(now - started), configuration)
        try? record(isChanged: isChanged)
        if isChanged, health.status == .unhealthy { act() }
        releaseInheritedMemory()
    }

    private func record(isChanged: Bool) throws {
        let database = try engine.open()
        try database.transaction { () throws in
            try HealthTable.record(health, of: container.id, in: database)
            guard isChanged else { return }
            try EventTable.add(
                [Event(container, "health_status: \(health.status.rawValue)")], in: database)
        }
    }

    private func act() {
        let action = configuration.onUnhealthy
        guard ["restart", "stop", "kill"].contains(action) else { return }
        let settings = container.record.configuration
        let own = settings.stopSignal.flatMap { try? Signal.number(of: $0) } ?? SIGTERM
        let signal = action == "kill" ? SIGKILL : own
        let request = EndRequest(
            .unhealthy, signal: signal, isFinal: action == "stop", wantsStart: action == "restart")
        guard let database = try? engine.open(),
            (try? ContainerTable.recordRequest(
                request, byHand: false, of: container.id, in: database)) != nil
        else { return }  // Without a record its end would not be followed by what is wanted.
        isEnding = true
        let patience = settings.stopTimeout ?? 10
        due = patience < 0 ? nil : Clock.monotonic + UInt64(patience) * 1_000_000_000
        container.process.receive(signal: signal)
    }
}
