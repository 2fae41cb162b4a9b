// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

extension Engine {
    /// One short paragraph: what a container does, or how it ended and why. Also of a container that
    /// is gone, as long as its ending is among the last.
    public func why(_ text: String) throws -> String {
        let database = try open()
        let container: Container
        do { container = try self.container(text, in: database) } catch {
            guard case EngineError.noSuchContainer = error,
                let (_, name, ending) = try EndingTable.last(of: text, in: database)
            else { throw error }
            return "\(name), which is gone, \(ending.text)"
        }
        let last = try EndingTable.last(of: container.id, in: database)?.ending
        let health = try HealthTable.health(of: container.id, in: database)?.status
        let restarts =
            container.restartCount == 0
            ? "" : " Its restart policy has started it \(times(container.restartCount))."
        let before = last.map { " Before that it \($0.text)" } ?? ""
        switch state(of: container) {
        case .running(let pid):
            return
                "\(container.name) runs since \((container.started ?? .never).words), as process \(pid)"
                + (health.map { ", and is \($0.rawValue)" } ?? "") + ".\(restarts)\(before)"
        case .paused(let pid):
            return "\(container.name) is paused; it was started at "
                + "\((container.started ?? .never).words), as process \(pid).\(restarts)\(before)"
        case .exited where last?.startsAgainAfter != nil:
            var ending = last
            ending?.startsAgainAfter = nil
            return "\(container.name) \(ending?.text ?? "")\(restarts)"
                + " A user has ended that."
        case .restarting, .exited, .created:
            guard let last else {
                return
                    "\(container.name) was created at \(container.created.words) and never started."
            }
            return "\(container.name) \(last.text)\(restarts)"
        }
    }
}

private func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }

extension Timestamp {
    /// `2026-11-24 01:58:50 UTC`
    fileprivate var words: String {
        let text = rfc3339
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8) + " UTC"
    }
}

extension Ending {
    /// `ended with exit code 3, …`, in sentences, the first without its subject.
    var text: String {
        let time = Timestamp(nanosecondsSinceEpoch: finished)
        guard let started else {
            return "did not start at \(time.words): \(error)." + machineText + programText
        }
        if !error.isEmpty {
            return "ended, but nobody saw how (noticed at \(time.words)): \(error)."
        }
        let lasted = EndingText.duration(nanoseconds: finished - started)
        return "\(how) at \(time.words), after \(lasted).\(cause)\(healthText)\(nextText)"
    }

    private var how: String {
        if let signal {
            return "was ended by signal \(EndingText.signal(signal))"
                + (coreDumped ? ", with a core dump," : "")
        }
        return "ended with exit code \(exitCode)"
    }

    private var cause: String {
        if outOfMemory {
            return " The kernel killed in it because memory ran out: "
                + (memoryLimit.map { "its limit is \(EndingText.size($0))" } ?? "it has no limit")
                + (memoryPeak.map { ", the most it used was \(EndingText.size($0))" } ?? "") + "."
        }
        if let request { return " \(request.text(endedBy: signal, exitCode: exitCode))" }
        if signal != nil { return " swocker did not send it; who did is not known." }
        switch exitCode {
        case 0: return " It ended by itself."
        case 126: return " It ended by itself; a shell says 126 when a program cannot be executed."
        case 127: return " It ended by itself; a shell says 127 when it finds no such program."
        case 129...192:
            return " It ended by itself; a shell says so when a program was ended by signal "
                + "\(EndingText.signal(exitCode - 128))."
        default: return " It ended by itself: the code is the program's own."
        }
    }

    private var healthText: String {
        health.isEmpty ? "" : " Its health check had said \(health)."
    }

    private var nextText: String {
        guard let startsAgainAfter else { return "" }
        let wait = EndingText.duration(nanoseconds: Int64(startsAgainAfter))
        return " Its restart policy starts it again after \(wait)."
    }

    private var machineText: String {
        guard let foreignMachine else { return "" }
        return " Its program is made for \(foreignMachine), this machine is "
            + "\(Platform.host.architecture)."
    }

    private var programText: String {
        guard exitCode == 127, let program = command.first else { return "" }
        let needs = program.contains("/") ? ", or not the interpreter that it needs" : ""
        return " The image \(image) has no program \(program) there\(needs)."
    }
}

extension EndRequest {
    fileprivate func text(endedBy ending: Int32?, exitCode: Int32) -> String {
        let time = Timestamp(nanosecondsSinceEpoch: self.time)
        let first = EndingText.signal(signal)
        if verb == .unhealthy {
            return "Its monitor asked it to end with \(first) at \(time.words): it was unhealthy."
        }
        let what = verb == .remove ? "rm -f" : verb == .shutdown ? "system shutdown" : verb.rawValue
        let by = user.isEmpty ? (uid == 0 ? "root" : "uid \(uid)") : "\(user), by sudo"
        let from = caller.isEmpty ? "" : ", called from \(caller)"
        let asked =
            "swocker \(what) had sent \(first) at \(time.words) (\(by), process \(process)\(from))"
        if ending == SIGKILL, signal != SIGKILL, verb != .kill {
            return asked + ", and SIGKILL when it had not ended in time."
        }
        if let ending, ending != signal { return asked + "; who sent the other is not known." }
        return asked + "."
    }
}

/// Figures in sentences.
private enum EndingText {
    static func signal(_ number: Int32) -> String { "SIG\(Signal.name(of: number)) (\(number))" }

    static func duration(nanoseconds: Int64) -> String {
        let seconds = nanoseconds / 1_000_000_000
        if seconds < 10 {
            let tenths = nanoseconds / 100_000_000
            return "\(tenths / 10).\(tenths % 10) seconds"
        }
        if seconds < 120 { return "\(seconds) seconds" }
        if seconds < 7200 { return "\(seconds / 60) minutes" }
        return seconds < 172_800 ? "\(seconds / 3600) hours" : "\(seconds / 86_400) days"
    }

    static func size(_ bytes: UInt64) -> String {
        bytes < 1 << 20 ? "\(bytes >> 10) KiB" : "\(bytes >> 20) MiB"
    }
}
