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

    /// Runs the plan to its end. When a step fails, the process is gone when the error arrives;
    /// what else was made (control groups, directories) is the caller's to remove.
    /// - Parameters:
    ///   - recording: called with the process's number before it is released; again with that of the
    ///     process that it leaves the rest to, if it does.
    ///   - whileStarting: called once it is released, while it makes itself ready: time that would be
    ///     spent waiting.
    ///   - servingNames: performs `.serveNames`.
    ///   - working: what the process does when the plan's steps end without a program, with the
    ///     container's root directory and the user it looked up; its exit code.
    public consuming func run(
        recording: (pid_t) throws(RuntimeError) -> Void = { _ in },
        whileStarting: (pid_t) -> Void = { _ in },
        servingNames: (pid_t) throws(RuntimeError) -> Void = { _ in },
        working: ((FilesPlace) -> Int32)? = nil
    ) throws(RuntimeError) -> StartedProcess {
        let gate = try Self.pipe()
        let report = try Self.pipe()
        let descriptors = Descriptors(count: plan.slotCount, lent: lent)
        let listener = plan.agent == nil ? nil : SharedWord()
        var engine = EngineSide(descriptors: descriptors, joinedUsers: plan.joinedUsers)
        for (index, step) in plan.before.enumerated() {
            guard case .clone(let namespaces, let cgroup) = step else {
                try perform(step, at: index, by: &engine)
                continue
            }
            let directory = cgroup.map { engine.descriptors[$0] } ?? -1
            let began = timings?.now()
            let cloned: ClonedProcess?
            do throws(Errno) {
                cloned = try cloneProcess(into: namespaces, cgroup: directory)
            } catch {
                throw step.failure(error)
            }
            guard let process = cloned else {
                Self.become(plan, descriptors, gate, report, listener, timings, working)
            }
            timings?.note(index, since: began)
            return try oversee(
                process, &engine, gate, report, listener, recording, whileStarting, servingNames)
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
        try engine.carryOut(step)
        timings?.note(index, since: began)
    }

    /// The engine's side after the clone.
    private func oversee(
        _ process: consuming ClonedProcess, _ engine: inout EngineSide,
        _ gate: consuming DescriptorPair, _ report: consuming DescriptorPair,
        _ word: SharedWord?, _ recording: (pid_t) throws(RuntimeError) -> Void,
        _ whileStarting: (pid_t) -> Void, _ servingNames: (pid_t) throws(RuntimeError) -> Void
    ) throws(RuntimeError) -> StartedProcess {
        var reports = ReportReader(report.takeFirst())
        let gate = gate.takeSecond()
        engine.process = (process.pid, process.pidfd.raw)
        var isReleased = false
        do throws(RuntimeError) {
            for (offset, step) in plan.meanwhile.enumerated() {
                switch step {
                case .release:
                    if !isReleased { try recording(process.pid) }
                    do throws(Errno) { try gate.writeAll([1]) } catch {
                        throw RuntimeError.step("release the process", error)
                    }
                    if !isReleased { whileStarting(process.pid) }
                    isReleased = true
                case .awaitProcess:
                    try reports.awaitProcess(in: plan)
                    if let sibling = reports.all.sibling { try recording(sibling) }
                case .sendListener(let listener, let agent):
                    guard let number = try reports.awaitListener(word, in: plan) else { break }
                    let pid = reports.all.sibling ?? process.pid
                    do throws(Errno) {
                        try listener.send(number, of: pid, over: engine.descriptors[agent])
                    } catch { throw step.failure(error) }
                    word?.accept()
                case .serveNames:
                    let began = timings?.now()
                    try servingNames(process.pid)
                    timings?.note(plan.before.count + offset, since: began)
                case .runHook(let hook):
                    try hook.run(pid: reports.all.sibling ?? process.pid)
                default: try perform(step, at: plan.before.count + offset, by: &engine)
                }
            }
            try reports.readToEnd()
            guard plan.endsInSibling else {
                if let failure = reports.all.failure { throw failure.error(in: plan) }
                return StartedProcess(pid: process.pid, pidfd: process.takePidfd())
            }
            _ = try? process.pidfd.reap()
            let sibling = try takeSibling(reports.all)
            try recording(sibling.pid)
            return sibling
        } catch {
            try? process.pidfd.send(signal: SIGKILL)
            _ = try? process.pidfd.reap()
            if let sibling = reports.all.sibling { Self.end(sibling) }
            throw error
        }
    }

    /// Ends a sibling: a child that nobody has waited for yet, so that its number is still its own.
    private static func end(_ sibling: pid_t) {
        guard let pidfd = try? OwnedFD.pidfd(of: sibling) else { return }
        try? pidfd.send(signal: SIGKILL)
        _ = try? pidfd.reap()
    }

    /// The process that the first one left behind. It is this process's child, so its number stays
    /// its own until it is reaped.
    private func takeSibling(_ report: ProcessReport) throws(RuntimeError) -> StartedProcess {
        guard let pid = report.sibling else {
            throw report.failure?.error(in: plan) ?? .step("start the process inside", .noProcess)
        }
        if let failure = report.failure { throw failure.error(in: plan) }
        do throws(Errno) {
            return StartedProcess(pid: pid, pidfd: try OwnedFD.pidfd(of: pid))
        } catch {
            throw RuntimeError.step("pidfd_open(\(pid))", error)
        }
    }

    /// The process's side. Never returns.
    private static func become(
        _ plan: Plan, _ descriptors: Descriptors, _ gate: consuming DescriptorPair,
        _ report: consuming DescriptorPair, _ listener: SharedWord?,
        _ timings: StepTimings?, _ working: ((FilesPlace) -> Int32)?
    ) -> Never {
        let (writer, opening) = (report.takeSecond().release(), gate.takeFirst().release())
        var byte: UInt8 = 0
        guard read(opening, &byte, 1) == 1 else { _exit(1) }  // the engine gave up
        var inside = Inside(descriptors: descriptors, report: writer, gate: opening)
        let first = plan.before.count + plan.meanwhile.count
        for (offset, step) in plan.inside.enumerated() {
            let began = timings?.now()
            if case .execute = step { timings?.note(first + offset, since: began) }
            do throws(StepFailure) {
                if case .cloneSibling = step {
                    try continueAsSibling(reportingTo: writer)
                } else if case .loadSeccomp(let program) = step, program.listener != nil {
                    try inside.load(program, telling: listener)
                } else {
                    try inside.perform(step)
                }
            } catch {
                let failure = ProcessReport.Failure(step: Int32(offset), failure: error)
                try? writeAll(failure.bytes, to: inside.report)
                _exit(1)
            }
            timings?.note(first + offset, since: began)
        }
        guard let working else { _exit(1) }
        close(writer)  // as if a program had begun
        _exit(
            working(
                FilesPlace(
                    root: inside.root, user: inside.identity.uid, group: inside.identity.gid)))
    }

    /// Returns in a new process, a child of the engine; this one says its number and ends.
    private static func continueAsSibling(reportingTo writer: CInt) throws(StepFailure) {
        let cloned: ClonedProcess?
        do throws(Errno) { cloned = try cloneProcess(sharingParent: true) } catch {
            throw StepFailure(kind: .kernel, errno: error)
        }
        guard let sibling = cloned else { return }
        try? writeAll(ProcessReport.bytes(ofSibling: sibling.pid), to: writer)
        _exit(0)
    }
}
