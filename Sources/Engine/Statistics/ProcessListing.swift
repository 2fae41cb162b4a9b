// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// The processes of a container as a table.
public struct ProcessTable: Equatable, Sendable {
    public var titles: [String]
    public var rows: [[String]]
}

extension Engine {
    /// The processes of a running container. Without options, or with `-o` and columns that we know,
    /// /proc tells; anything else is a matter of the host's ps(1), as in Docker.
    /// - Parameter options: those of ps(1); none mean `-ef`.
    public func processes(of text: String, options: [String] = []) throws -> ProcessTable {
        let container = try container(text, in: try open())
        switch state(of: container) {
        case .created, .exited: throw EngineError.notRunning(id: container.id)
        case .restarting: throw EngineError.restarting(id: container.id)
        case .running, .paused: break
        }
        record(Event(container, "top"))
        let pids = try cgroup(of: container)?.processes() ?? [container.process.pid]
        guard let columns = ProcessColumn.columns(options) else {
            return try HostProcesses(options: options, pids: pids).table()
        }
        guard columns.contains(.pid) else { throw EngineError.invalid(HostProcesses.noPID) }
        let reading = ProcessReading(idBase: container.idBase)
        let rows = pids.sorted().compactMap { pid in
            ProcessFacts(of: pid).map { facts in
                columns.map { reading.text(of: $0, facts) }
            }
        }
        return ProcessTable(titles: columns.map(\.title), rows: rows)
    }
}

/// A column of `top` that needs no ps(1).
enum ProcessColumn: String, CaseIterable {
    case user, uid, pid, ppid, share, start, terminal, time, command, name, state, threads
    case resident, virtual, elapsed

    var title: String {
        switch self {
        case .user, .uid: "UID"
        case .pid: "PID"
        case .ppid: "PPID"
        case .share: "C"
        case .start: "STIME"
        case .terminal: "TTY"
        case .time: "TIME"
        case .command: "CMD"
        case .name: "COMMAND"
        case .state: "S"
        case .threads: "NLWP"
        case .resident: "RSS"
        case .virtual: "VSZ"
        case .elapsed: "ELAPSED"
        }
    }

    /// ps(1)'s words for the columns. `user` has its own title there, so it is not ours.
    private init?(word: Substring) {
        switch word {
        case "uid": self = .uid
        case "pid": self = .pid
        case "ppid": self = .ppid
        case "stime": self = .start
        case "time", "cputime": self = .time
        case "cmd": self = .command
        case "comm": self = .name
        case "s", "state": self = .state
        case "nlwp", "thcount": self = .threads
        case "rss", "rssize", "rsz": self = .resident
        case "vsz", "vsize": self = .virtual
        default: return nil
        }
    }

    /// The columns that options of ps(1) ask for; nil when that is ps(1)'s own matter.
    static func columns(_ options: [String]) -> [ProcessColumn]? {
        if options.isEmpty || options == ["-ef"] {
            return [.user, .pid, .ppid, .share, .start, .terminal, .time, .command]
        }
        var words = options[...]
        var columns: [ProcessColumn] = []
        while let word = words.popFirst() {
            var list: String?
            switch word {
            case "-e", "-A": continue
            case "-o", "-eo": list = words.popFirst()
            case _ where word.hasPrefix("-o"): list = String(word.dropFirst(2))
            case _ where word.hasPrefix("-eo"): list = String(word.dropFirst(3))
            default: return nil
            }
            guard let list else { return nil }
            for name in list.split(separator: ",") {
                guard let column = ProcessColumn(word: name) else { return nil }
                columns.append(column)
            }
        }
        return columns.isEmpty ? nil : columns
    }
}
