// SPDX-License-Identifier: Apache-2.0

public import Glibc
public import Linux

/// A container's first process, running its own program.
public struct StartedProcess: ~Copyable {
    public let pid: pid_t
    public let pidfd: OwnedFD
}

/// Performs a plan: the engine's steps here, the process's steps in the process.
///
/// The process is a copy of this one (clone3(2) without CLONE_VM), so both hold the plan and the
/// descriptors; a byte through one pipe releases it, a failure comes back through another, and the
/// end of that pipe without a failure means that execve(2) succeeded. The caller must have one
/// thread.
public struct Launch: ~Copyable {
    private let plan: Plan
    private let lent: [Slot: CInt]
    private let timings: StepTimings?

    /// - Parameters:
    ///   - lent: the descriptors of the slots that the planner reserved (streams, console socket).
    ///   - timings: where to note how long each step took; nil for not at all.
    public init(_ plan: Plan, lending lent: [Slot: CInt], timings: StepTimings? = nil) {
        self.plan = plan
        self.lent = lent
        self.timings = timings
    }

    /// Runs the plan to its end. When a step fails, the process is gone when the error arrives; what
    /// else was made (control groups, directories) is the caller's to remove.
    public consuming func run() throws(RuntimeError) -> StartedProcess {
        let gate = try Self.pipe()
        let report = try Self.pipe()
        let descriptors = Descriptors(count: plan.slotCount, lent: lent)
        var engine = EngineSide(descriptors: descriptors)
        for (index, step) in plan.before.enumerated() {
            guard case .clone(let namespaces, let cgroup) = step else {
                try perform(step, at: index, by: &engine)
                continue
            }
            let directory = cgroup.map { engine.descriptors[$0] } ?? -1
            let began = timings?.now()
            let cloned: ClonedProcess?
            do throws(Errno) { cloned = try cloneProcess(into: namespaces, cgroup: directory) } catch {
                throw RuntimeError.step(step.explanation.action, error)
            }
            guard let process = cloned else {
                Self.become(plan, descriptors, gate, report, timings)
            }
            timings?.note(index, since: began)
            return try oversee(process, &engine, gate, report)
        }
        throw RuntimeError.invalidSpec("the plan starts no process")
    }

    private static func pipe() throws(RuntimeError) -> DescriptorPair {
        do throws(Errno) { return try DescriptorPair.pipe() } catch {
            throw RuntimeError.step("pipe", error)
        }
    }

    private func perform(
        _ step: KernelStep, at index: Int, by engine: inout EngineSide
    ) throws(RuntimeError) {
        let began = timings?.now()
        do throws(Errno) { try engine.perform(step) } catch {
            throw RuntimeError.step(step.explanation.action, error)
        }
        timings?.note(index, since: began)
    }

    /// The engine's side after the clone.
    private func oversee(
        _ process: consuming ClonedProcess, _ engine: inout EngineSide,
        _ gate: consuming DescriptorPair, _ report: consuming DescriptorPair
    ) throws(RuntimeError) -> StartedProcess {
        let reader = report.takeFirst()
        let release = gate.takeSecond()
        engine.process = (process.pid, process.pidfd.raw)
        do throws(RuntimeError) {
            for (offset, step) in plan.meanwhile.enumerated() where step != .release {
                try perform(step, at: plan.before.count + offset, by: &engine)
            }
            try awaitProgram(release: release, report: reader)
        } catch {
            try? process.pidfd.send(signal: SIGKILL)
            _ = try? process.pidfd.reap()
            throw error
        }
        return StartedProcess(pid: process.pid, pidfd: process.takePidfd())
    }

    private func awaitProgram(
        release: borrowing OwnedFD, report: borrowing OwnedFD
    ) throws(RuntimeError) {
        let message: [UInt8]
        do throws(Errno) {
            try release.writeAll([1])
            message = try report.readAll(limit: 64)
        } catch { throw RuntimeError.step("wait for the process", error) }
        guard !message.isEmpty else { return }
        throw FailureReport(message).map { $0.error(in: plan) }
            ?? .step("read the process's report", .io)
    }

    /// The process's side. Never returns.
    private static func become(
        _ plan: Plan, _ descriptors: Descriptors, _ gate: consuming DescriptorPair,
        _ report: consuming DescriptorPair, _ timings: StepTimings?
    ) -> Never {
        let writer = report.takeSecond()
        let opening = gate.takeFirst()
        var byte: UInt8 = 0
        guard read(opening.raw, &byte, 1) == 1 else { _exit(1) }  // the engine gave up
        var inside = Inside(descriptors: descriptors)
        let first = plan.before.count + plan.meanwhile.count
        for (offset, step) in plan.inside.enumerated() {
            let began = timings?.now()
            if case .execute = step { timings?.note(first + offset, since: began) }
            do throws(StepFailure) { try inside.perform(step) } catch {
                let message = FailureReport(step: Int32(offset), failure: error)
                try? writer.writeAll(message.bytes)
                _exit(1)
            }
            timings?.note(first + offset, since: began)
        }
        _exit(1)
    }
}

/// What the process says when a step failed: three numbers, because they must be formed where
/// nothing may be relied on.
struct FailureReport {
    let step: Int32
    let failure: StepFailure

    init(step: Int32, failure: StepFailure) {
        self.step = step
        self.failure = failure
    }

    init?(_ bytes: [UInt8]) {
        guard bytes.count == 12 else { return nil }
        let numbers = bytes.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
        guard let kind = StepFailure.Kind(rawValue: numbers[1]) else { return nil }
        step = numbers[0]
        failure = StepFailure(kind: kind, errno: Errno(rawValue: numbers[2]))
    }

    var bytes: [UInt8] {
        [step, failure.kind.rawValue, failure.errno.rawValue].withUnsafeBytes { Array($0) }
    }

    /// The failure in words.
    func error(in plan: Plan) -> RuntimeError {
        guard plan.inside.indices.contains(Int(step)) else { return .step("start", failure.errno) }
        switch (plan.inside[Int(step)], failure.kind) {
        case (.execute(let arguments, _, _), _):
            return .execute(program: arguments.first ?? "", failure.errno)
        case (.identify(.named(let name, _)), .noSuchUser):
            return .noSuchUser(
                String(name.split(separator: ":", omittingEmptySubsequences: false).first ?? ""))
        case (.identify(.named(let name, let groups)), .noSuchGroup):
            let parts = name.split(separator: ":", maxSplits: 1)
            return .noSuchGroup(parts.count == 2 ? String(parts[1]) : groups.joined(separator: ","))
        case (.enterWorkingDirectory(let path), _), (.makeWorkingDirectory(let path), _):
            return .step("chdir to cwd (\"\(path)\") set in config.json failed", failure.errno)
        case (let step, _): return .step(step.explanation.action, failure.errno)
        }
    }
}
