// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI
internal import Registry
internal import Synchronization

/// Docker's display: on a terminal one line for each layer, drawn over itself; elsewhere a line for
/// each thing that begins or ends.
final class ProgressDisplay: ProgressObserver {
    private let output: Output
    private let isLive: Bool
    private let state: Mutex<State>

    private struct State {
        var lines: [Line] = []
        /// Lines of the terminal that are ours.
        var drawn = 0
        var drawnAt: UInt64 = 0
    }

    private struct Line {
        let blob: Digest
        var state: LayerState
        var began = Clock.monotonic
        /// What a plain output was told last.
        var told = ""
    }

    init(_ output: Output) {
        self.output = output
        isLive = output.hasCursor
        state = Mutex(State())
    }

    func say(_ line: String) { output.write(inert(line) + "\n") }

    func layer(_ blob: Digest, _ layer: LayerState) {
        state.withLock { state in
            let place =
                state.lines.firstIndex { $0.blob == blob }
                ?? {
                    state.lines.append(Line(blob: blob, state: layer))
                    return state.lines.count - 1
                }()
            let isStep = !state.lines[place].state.isSameKind(as: layer)
            if isStep { state.lines[place].began = Clock.monotonic }
            state.lines[place].state = layer
            if isLive {
                draw(&state, isUrgent: isStep)
            } else {
                tell(&state.lines[place])
            }
        }
    }

    func finishLayers() {
        state.withLock { state in
            if isLive { draw(&state, isUrgent: true) }
            state = State()
        }
    }

    private func tell(_ line: inout Line) {
        let text = line.state.milestone
        guard !text.isEmpty, text != line.told else { return }
        line.told = text
        output.write("\(line.blob.short): \(text)\n")
    }

    /// At most ten times a second, but for what begins or ends.
    private func draw(_ state: inout State, isUrgent: Bool) {
        let now = Clock.monotonic
        guard isUrgent || now - state.drawnAt >= 100_000_000 else { return }
        state.drawnAt = now
        let width = output.width
        var text = state.drawn > 0 ? "\u{1B}[\(state.drawn)A" : ""
        for line in state.lines {
            let seconds = Double(now - line.began) / 1e9
            let words =
                "\(line.blob.short): \(line.state.text(seconds: seconds, width: width - 14))"
            text += "\r\u{1B}[2K\(words.prefix(max(1, width - 1)))\n"
        }
        state.drawn = state.lines.count
        output.write(text)
    }
}

extension LayerState {
    func isSameKind(as other: LayerState) -> Bool {
        switch (self, other) {
        case (.downloading, .downloading), (.extracting, .extracting), (.pushing, .pushing): true
        default: self == other
        }
    }

    /// What an output without a cursor is told.
    var milestone: String {
        switch self {
        case .waiting: "Pulling fs layer"
        case .alreadyExists: "Already exists"
        case .waitingForOther: "Waiting"
        case .downloading(let done, let total): done == total ? "Download complete" : ""
        case .retrying(let seconds): "Retrying in \(seconds) second\(seconds == 1 ? "" : "s")"
        case .extracting: ""
        case .pulled: "Pull complete"
        case .preparing: "Preparing"
        case .pushing: ""
        case .pushed: "Pushed"
        case .mounted(let repository): "Mounted from \(repository)"
        case .present: "Layer already exists"
        }
    }

    /// What a terminal shows.
    func text(seconds: Double, width: Int) -> String {
        switch self {
        case .downloading(let done, let total):
            "Downloading \(bar(done, total, seconds, width - 12))"
        case .extracting(let done, let total):
            "Extracting  \(bar(done, total, seconds, width - 12))"
        case .pushing(let done, let total): "Pushing  \(bar(done, total, seconds, width - 9))"
        default: milestone
        }
    }

    /// `[=====>     ]  12.1MB/24MB  6MB/s`
    private func bar(_ done: Int64, _ total: Int64, _ seconds: Double, _ width: Int) -> String {
        let speed = seconds > 0.2 ? "  \(size(Int64(Double(done) / seconds)))/s" : ""
        let figures = "\(size(done))/\(size(total))\(speed)"
        let room = min(50, width - figures.count - 4)
        guard room >= 5, total > 0 else { return figures }
        let filled = Int(Double(min(done, total)) / Double(total) * Double(room))
        let head = String(repeating: "=", count: filled) + (filled < room ? ">" : "")
        return "[\(head)\(String(repeating: " ", count: max(0, room - filled - 1)))]  \(figures)"
    }

    /// Docker's three or four figures: `1.46MB`.
    private func size(_ bytes: Int64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        let tenths = unit == 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2
        let scale = [1.0, 10, 100][tenths]
        let rounded = (value * scale).rounded() / scale
        let whole = Int64(rounded)
        let text = rounded == Double(whole) ? "\(whole)" : "\(rounded)"
        return text + units[unit]
    }
}
