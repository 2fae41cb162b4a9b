// SPDX-License-Identifier: Apache-2.0

import Engine

/// One line on stderr that shows how far long work has come, drawn over itself; nothing at all
/// when stderr is not a terminal.
struct ProgressBar: ~Copyable {
    private let terminal: Terminal
    private let isShown: Bool
    private let label: String
    private let start: Timestamp
    private var drawn: Timestamp?
    /// Nanoseconds between two drawings: faster than the eye wants would cost the work.
    private static let interval: Int64 = 100_000_000

    /// - Parameter label: what is done to what: `loading busybox.tar`.
    init(_ label: String, on terminal: Terminal = .error) {
        self.label = inert(label)
        self.terminal = terminal
        isShown = terminal.isTerminal
        start = .now
    }

    deinit { if drawn != nil { terminal.write("\r\u{1B}[K") } }

    /// - Parameters:
    ///   - done: bytes so far.
    ///   - total: bytes in all; nil when unknown.
    mutating func update(done: Int64, total: Int64?) {
        guard isShown else { return }
        let now = Timestamp.now
        if let drawn, now < drawn.advanced(nanoseconds: Self.interval) { return }
        drawn = now
        let line = progressLine(
            label: label, done: done, total: total, seconds: start.seconds(to: now),
            width: terminal.width)
        terminal.write("\r\(line)\u{1B}[K")
    }

    /// Removes the line.
    consuming func finish() {}
}

/// `loading busybox.tar [=====>     ]  12MB/24MB  6MB/s`, cut to `width` cells.
func progressLine(
    label: String, done: Int64, total: Int64?, seconds: Double, width: Int
) -> String {
    let speed = seconds > 0.2 ? "  \(humanSize(Int64(Double(done) / seconds)))/s" : ""
    guard let total, total > 0 else {
        return shortened("\(label)  \(humanSize(done))\(speed)", to: width - 1)
    }
    let figures = "  \(humanSize(min(done, total)))/\(humanSize(total))\(speed)"
    let room = min(40, width - displayWidth(label) - displayWidth(figures) - 4)
    guard room >= 10 else { return shortened(label + figures, to: width - 1) }
    let share = Double(min(max(done, 0), total)) / Double(total)
    let filled = Int(share * Double(room))
    let bar = String(repeating: "=", count: filled) + (filled < room ? ">" : "")
    return "\(label) [\(bar)\(String(repeating: " ", count: max(0, room - filled - 1)))]\(figures)"
}

extension Timestamp {
    fileprivate func seconds(to later: Timestamp) -> Double {
        Double(later.seconds - seconds) + Double(later.nanoseconds - nanoseconds) / 1e9
    }
}

/// A progress bar that a closure can hold; it vanishes with the last who holds it.
final class ProgressLine {
    private var bar: ProgressBar

    init(_ label: String) { bar = ProgressBar(label) }

    func update(done: Int64, total: Int64?) { bar.update(done: done, total: total) }
}
