// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc

extension Surroundings {
    /// Asks, with Docker's words, before something is lost. Anything but `y` means no, and so does the
    /// end of the input.
    func confirm(_ warning: String) -> Bool {
        print("\(warning)\nAre you sure you want to continue? [y/N] ")
        let answer = readAnswer()
        return answer == "y" || answer == "Y"
    }

    /// A line of standard input, blanks around it cut; not a byte more is taken.
    private func readAnswer() -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(STDIN_FILENO, &byte, 1) == 1, byte != UInt8(ascii: "\n"), line.count < 80 {
            line.append(byte)
        }
        let blanks: [UInt8] = [0x09, 0x0D, 0x20]
        let trimmed = line.drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }
        return String(decoding: trimmed.reversed(), as: UTF8.self)
    }

    /// Prints what a prune removed, under a title, if anything.
    /// - Parameter title: `Deleted Containers`.
    func printRemoved(_ report: PruneReport, _ title: String) {
        guard !report.removed.isEmpty else { return }
        print("\(title):\n" + report.removed.map { "\(inert($0))\n" }.joined() + "\n")
    }

    /// Prints the room that a prune made: its last line.
    func printReclaimed(_ bytes: Int64) {
        print("Total reclaimed space: \(humanSize(bytes, digits: 4))\n")
    }
}

extension Option {
    /// The options that every prune has.
    static let pruning = [
        Option("filter", .filter, "Remove only what meets a condition (until=24h, label=k)"),
        Option("force", "f", .flag, "Do not ask"),
    ]
}
