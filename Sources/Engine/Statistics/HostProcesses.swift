// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// Processes as the host's ps(1) shows them.
struct HostProcesses {
    let options: [String]
    let pids: [Int32]

    static let noPID = "Couldn't find PID field in ps output"

    func table() throws -> ProcessTable {
        // Some options go with no list of pids; they are asked without it.
        let list = pids.map(String.init).joined(separator: ",")
        let answer =
            try run(options + ["-q", list]).success ?? run(options).success ?? fail(run(options))
        return try Self.table(of: answer, pids: Set(pids.map(String.init)))
    }

    /// Keeps the container's lines. What is more than there are titles belongs to the last column.
    static func table(of text: String, pids: Set<String>) throws -> ProcessTable {
        let lines = text.split(separator: "\n")
        let titles = (lines.first ?? "").split(separator: " ").map(String.init)
        guard let place = titles.firstIndex(of: "PID") else { throw EngineError.invalid(noPID) }
        let rows = lines.dropFirst().compactMap { line -> [String]? in
            let words = line.split(separator: " ", maxSplits: titles.count - 1).map(String.init)
            guard words.count > place, pids.contains(words[place]) else { return nil }
            return words
        }
        return ProcessTable(titles: titles, rows: rows)
    }

    private struct Answer {
        let code: Int32
        let text: String
        var success: String? { code == 0 ? text : nil }
    }

    private func fail(_ answer: Answer) throws -> String {
        if answer.code == 127 { throw EngineError.invalid("the host has no ps: no options then") }
        throw EngineError.invalid("ps: \(answer.text.split(separator: "\n").first ?? "failed")")
    }

    private func run(_ words: [String]) throws -> Answer {
        let pipe = try DescriptorPair.pipe()
        let program = Program(
            ["ps"] + words,
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "COLUMNS=10000"])
        let output = pipe.second.raw
        let child = try fork {
            dup2(output, STDOUT_FILENO)
            dup2(output, STDERR_FILENO)
            try? program.execute()
            return 127
        }
        let answer = pipe.takeFirst()  // ours of the other end is closed with it
        let text = String(decoding: try answer.readAll(limit: 1 << 24), as: UTF8.self)
        return Answer(code: try child.reap()?.exitCode ?? 127, text: text)
    }
}
