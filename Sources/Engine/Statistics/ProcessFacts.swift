// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// What /proc tells of one process (proc(5)).
struct ProcessFacts: Equatable {
    let pid: Int32
    var name = ""
    var state = ""
    var parent = ""
    /// The device number of its terminal; 0 for none.
    var terminal: UInt64 = 0
    /// On processors, in clock ticks.
    var time: UInt64 = 0
    var threads = ""
    /// Clock ticks since boot.
    var started: UInt64 = 0
    /// Bytes.
    var virtual: UInt64 = 0
    /// Pages.
    var resident: UInt64 = 0
    /// The host's number of its effective user.
    var uid: UInt32 = 0
    /// Its arguments, or its name in brackets.
    var command = ""

    /// Nil when there is no such process any more.
    init?(of pid: Int32) {
        guard let stat = try? contents(of: "/proc/\(pid)/stat", limit: 4096) else { return nil }
        self.init(pid: pid, stat: stat)
        var status = Glibc.stat()
        guard lstat("/proc/\(pid)", &status) == 0 else { return nil }
        uid = status.st_uid
        let arguments = (try? contents(of: "/proc/\(pid)/cmdline", limit: 1 << 16)) ?? []
        let words = arguments.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        command = words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        if command.isEmpty { command = "[\(name)]" }
    }

    /// Parses a line of `stat`, whose name in parentheses may hold anything.
    init?(pid: Int32, stat: [UInt8]) {
        guard let open = stat.firstIndex(of: UInt8(ascii: "(")),
            let close = stat.lastIndex(of: UInt8(ascii: ")")), open < close
        else { return nil }
        let fields = stat[(close + 1)...].split(separator: UInt8(ascii: " ")).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard fields.count > 21 else { return nil }
        self.pid = pid
        name = String(decoding: stat[(open + 1)..<close], as: UTF8.self)
        (state, parent, threads) = (fields[0], fields[1], fields[17])
        terminal = UInt64(fields[4]) ?? 0
        time = (UInt64(fields[11]) ?? 0) &+ (UInt64(fields[12]) ?? 0)
        started = UInt64(fields[19]) ?? 0
        virtual = UInt64(fields[20]) ?? 0
        resident = UInt64(fields[21]) ?? 0
    }
}

/// Words facts of processes as ps(1) does.
struct ProcessReading {
    /// The host's number of the container's root: users are shown as those inside.
    let idBase: UInt32?
    private let ticks = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    private let page = UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))
    private let now = Clock.realtime / 1_000_000_000
    private let uptime = Self.uptime

    init(idBase: UInt32?) { self.idBase = idBase }

    /// Seconds since boot.
    private static var uptime: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return UInt64(time.tv_sec)
    }

    func text(of column: ProcessColumn, _ facts: ProcessFacts) -> String {
        switch column {
        case .user: userName(facts.uid)
        case .uid: "\(inside(facts.uid))"
        case .pid: "\(facts.pid)"
        case .ppid: facts.parent
        case .share: "\(min(99, facts.time * 100 / ticks / max(1, age(facts))))"
        case .start: startText(facts)
        case .terminal: terminalText(facts.terminal)
        case .time: Self.clockText(facts.time / ticks)
        case .command: facts.command
        case .name: facts.name
        case .state: facts.state
        case .threads: facts.threads
        case .resident: "\(facts.resident * page / 1024)"
        case .virtual: "\(facts.virtual / 1024)"
        case .elapsed: Self.clockText(age(facts))
        }
    }

    private func age(_ facts: ProcessFacts) -> UInt64 {
        let start = facts.started / ticks
        return uptime > start ? uptime - start : 0
    }

    private func inside(_ uid: UInt32) -> UInt32 {
        guard let idBase, uid >= idBase, uid - idBase < IDRanges.size else { return uid }
        return uid - idBase
    }

    private func userName(_ uid: UInt32) -> String {
        guard let entry = getpwuid(inside(uid)) else { return "\(inside(uid))" }
        return String(cString: entry.pointee.pw_name)
    }

    /// The time of day, the day of an earlier day, the year of an earlier year.
    private func startText(_ facts: ProcessFacts) -> String {
        let (start, today) = (local(now - age(facts)), local(now))
        if start.tm_year != today.tm_year { return "\(start.tm_year + 1900)" }
        guard start.tm_yday != today.tm_yday else {
            return Self.padded(Int(start.tm_hour)) + ":" + Self.padded(Int(start.tm_min))
        }
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        return months[Int(start.tm_mon) % 12] + Self.padded(Int(start.tm_mday))
    }

    private func local(_ seconds: UInt64) -> tm {
        var (time, result) = (time_t(seconds), tm())
        localtime_r(&time, &result)
        return result
    }

    private func terminalText(_ device: UInt64) -> String {
        guard device != 0 else { return "?" }
        let (major, minor) = (device >> 8 & 0xFFF, device & 0xFF | device >> 12 & 0xFFF00)
        return switch major {
        case 136...143: "pts/\((major - 136) << 20 | minor)"
        case 4: "tty\(minor)"
        default: "?"
        }
    }

    private static func clockText(_ seconds: UInt64) -> String {
        let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60]
        return parts.map { padded(Int($0)) }.joined(separator: ":")
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
