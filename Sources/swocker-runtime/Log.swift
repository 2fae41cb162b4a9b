// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Glibc
import Linux
import OCI

/// Where failures are told: on standard error, and, for engines that read it, in a file whose lines
/// are those of runc's log.
struct Log: Sendable {
    enum Level: String, Sendable { case debug, warning, error }

    /// Nil for standard error alone.
    var file: String?
    var isJSON = false
    var isVerbose = false

    func error(_ text: String) { write(.error, text) }
    func warn(_ text: String) { write(.warning, text) }
    /// Told only with --debug.
    func debug(_ text: String) { if isVerbose { write(.debug, text) } }

    private func write(_ level: Level, _ text: String) {
        let message = Self.visible(text)
        if let file {
            append(line(level, message), to: file)
            if level != .error { return }
        }
        complain("\(Root.name): \(level == .error ? "" : "\(level.rawValue): ")\(message)\n")
    }

    /// One line is one line, and no terminal obeys what a file name says.
    private static func visible(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return text }
        return text.unicodeScalars.map { scalar in
            scalar.value < 0x20 || scalar.value == 0x7F ? " " : String(scalar)
        }.joined()
    }

    private func line(_ level: Level, _ text: String) -> String {
        let time = timestamp()
        let fields: JSONValue = [
            "level": .string(level.rawValue), "msg": .string(text), "time": .string(time),
        ]
        if isJSON { return fields.text() + "\n" }
        return "time=\"\(time)\" level=\(level.rawValue) msg=\(JSONValue.string(text).text())\n"
    }

    private func append(_ line: String, to path: String) {
        do throws(Errno) {
            try OwnedFD.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
                .writeAll(Array(line.utf8))
        } catch { complain("\(Root.name): cannot write the log \(path): \(error)\n") }
    }
}

/// Prints to standard error.
func complain(_ text: String) { try? writeAll(Array(text.utf8), to: 2) }

/// Prints to standard output.
func show(_ text: String) { try? writeAll(Array(text.utf8), to: 1) }
