// SPDX-License-Identifier: Apache-2.0

import Build
import Engine
import Glibc
import Linux
import OCI

/// How progress is shown.
enum ProgressStyle: String {
    case plain, tty, quiet, rawjson

    static func check(_ text: String) throws {
        guard ["auto", "plain", "tty", "quiet", "rawjson", "none", ""].contains(text) else {
            throw InvalidValue("invalid progress mode \(text)")
        }
    }

    init(_ arguments: Arguments, _ environment: (String) -> String?) throws {
        var text = arguments.text("progress")
        if !arguments.isSet("progress"), let own = environment("BUILDKIT_PROGRESS") { text = own }
        if arguments.flag("quiet") { text = "quiet" }
        switch text {
        case "plain": self = .plain
        case "rawjson": self = .rawjson
        case "quiet", "none": self = .quiet
        case "tty":
            guard Terminal.error.isTerminal else {
                throw UsageError("ERROR: failed to get console: provided file is not a console")
            }
            self = .tty
        default: self = Terminal.error.hasCursor ? .tty : .plain
        }
    }
}

/// Shows a build on standard error while it goes on.
final class BuildProgress {
    private let style: ProgressStyle
    private let complain: (String) -> Void
    private var steps: [Int: Shown] = [:]
    private let start = Clock.monotonic
    private var screen = BuildScreen()

    /// A step as it is shown.
    struct Shown {
        let name: String
        let began: UInt64
        var ended: UInt64?
        var isCached = false
        var isFailed = false
        /// What has come of a line that has not ended.
        var rest: [UInt8] = []
        /// The last lines.
        var lines: [String] = []
    }

    init(_ style: ProgressStyle, complain: @escaping (String) -> Void) {
        self.style = style
        self.complain = complain
    }

    func take(_ event: BuildEvent) {
        switch style {
        case .quiet: return
        case .rawjson: complain(event.json)
        case .plain: update(event, print: true)
        case .tty:
            update(event, print: false)
            let isUrgent = if case .output = event { false } else { true }
            screen.draw(steps, since: start, isUrgent: isUrgent, by: complain)
        }
    }

    /// The last picture.
    func finish() {
        guard style == .tty else { return }
        screen.finish(steps, since: start, by: complain)
    }

    private func update(_ event: BuildEvent, print: Bool) {
        let now = Clock.monotonic
        func say(_ number: Int, _ text: String) {
            if print { complain("#\(number) \(text)\n") }
        }
        switch event {
        case .began(let number, let name):
            steps[number] = Shown(name: inert(name), began: now)
            if print, number > 1 { complain("\n") }
            say(number, inert(name))
        case .cached(let number):
            steps[number]?.isCached = true
            steps[number]?.ended = now
            say(number, "CACHED")
        case .explained(let number, let text): say(number, inert("not cached: \(text)"))
        case .note(let number, let text):
            steps[number]?.lines.append(inert(text))
            say(number, inert(text))
        case .output(let number, let bytes, _):
            guard var step = steps[number] else { return }
            step.rest += bytes
            while let end = step.rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = inert(
                    String(decoding: step.rest[..<end], as: UTF8.self), keepingLines: true)
                step.rest.removeSubrange(...end)
                step.lines = (step.lines + [line]).suffix(BuildScreen.height)
                say(number, "\(seconds(now - step.began, digits: 3)) \(line)")
            }
            steps[number] = step
        case .ended(let number):
            flush(number, say)
            guard let step = steps[number], step.ended == nil else { return }
            steps[number]?.ended = now
            say(number, "DONE \(seconds(now - step.began, digits: 1))s")
        case .failed(let number, let text):
            flush(number, say)
            steps[number]?.ended = now
            steps[number]?.isFailed = true
            say(number, inert("ERROR: \(text)"))
        }
    }

    /// A last line without an end.
    private func flush(_ number: Int, _ say: (Int, String) -> Void) {
        guard let step = steps[number], !step.rest.isEmpty else { return }
        steps[number]?.rest = []
        let line = inert(String(decoding: step.rest, as: UTF8.self), keepingLines: true)
        say(number, "\(seconds(Clock.monotonic - step.began, digits: 3)) \(line)")
    }
}

/// Nanoseconds as seconds.
func seconds(_ nanoseconds: UInt64, digits: Int) -> String {
    let scale = (0..<digits).reduce(UInt64(1)) { number, _ in number * 10 }
    let units = (nanoseconds * scale + 500_000_000) / 1_000_000_000
    let fraction = String(units % scale)
    return "\(units / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
}

/// A build on a terminal, drawn over itself.
struct BuildScreen {
    /// How many lines of a running program are shown.
    static let height = 6
    private var drawn = 0
    private var last: UInt64 = 0

    mutating func draw(
        _ steps: [Int: BuildProgress.Shown], since start: UInt64, isUrgent: Bool,
        by print: (String) -> Void
    ) {
        let now = Clock.monotonic
        guard isUrgent || now - last > 100_000_000 else { return }
        last = now
        show(lines(steps, since: start, now, isLast: false), by: print)
    }

    mutating func finish(
        _ steps: [Int: BuildProgress.Shown], since start: UInt64, by print: (String) -> Void
    ) {
        show(lines(steps, since: start, Clock.monotonic, isLast: true), by: print)
        drawn = 0
    }

    private mutating func show(_ lines: [String], by print: (String) -> Void) {
        let width = Terminal.error.width
        let back = drawn > 0 ? "\u{1B}[\(drawn)A\r" : ""
        let body = lines.map { shortened($0, to: width - 1) + "\u{1B}[K\n" }.joined()
        print(back + body + "\u{1B}[J")
        drawn = lines.count
    }

    private func lines(
        _ steps: [Int: BuildProgress.Shown], since start: UInt64, _ now: UInt64, isLast: Bool
    ) -> [String] {
        let done = steps.values.count { $0.ended != nil }
        let state = isLast && done == steps.count ? "FINISHED" : ""
        var lines = [
            "[+] Building \(seconds(now - start, digits: 1))s (\(done)/\(steps.count)) \(state)"
        ]
        for (_, step) in steps.sorted(by: { $0.key < $1.key }) {
            let mark = step.isFailed ? "ERROR " : step.isCached ? "CACHED " : ""
            let time = seconds((step.ended ?? now) - step.began, digits: 1)
            lines.append(" => \(mark)\(step.name)  \(time)s")
            if step.ended == nil {
                lines += step.lines.suffix(Self.height).map { " => => # \($0)" }
            }
        }
        // More than fits would scroll away from under the cursor.
        var size = winsize()
        let room = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 ? Int(size.ws_row) - 1 : 24
        return isLast || lines.count <= room
            ? lines : [lines[0]] + lines.suffix(max(1, room - 1))
    }
}

extension BuildEvent {
    /// One line for programs.
    var json: String {
        var object = JSONObject()
        func set(_ event: String, _ number: Int, _ text: String? = nil) {
            object["event"] = .string(event)
            object["step"] = .integer(Int64(number))
            if let text { object["text"] = .string(text) }
        }
        switch self {
        case .began(let number, let name): set("began", number, name)
        case .cached(let number): set("cached", number)
        case .explained(let number, let text): set("explained", number, text)
        case .output(let number, let bytes, let isError):
            set(isError ? "stderr" : "stdout", number, String(decoding: bytes, as: UTF8.self))
        case .note(let number, let text): set("note", number, text)
        case .ended(let number): set("ended", number)
        case .failed(let number, let text): set("failed", number, text)
        }
        return String(decoding: JSONValue.object(object).bytes(), as: UTF8.self) + "\n"
    }
}
