// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc

/// `swocker export`: a container's files as a tar.
struct ContainerExport: EngineCommand {
    static let command = Command(
        "container export", shortcut: "export", operands: "CONTAINER",
        summary: "Export a container's filesystem as a tar archive", arity: .exactly(1),
        completes: .containers,
        options: [Option("output", "o", .string, "Write to a file, instead of STDOUT")],
        examples: [
            Command.Example("export -o web.tar web", "into a file"),
            Command.Example("export web | tar -t", "into another program"),
        ])

    let name: String
    /// nil for standard output.
    let output: String?

    init(arguments: Arguments) throws {
        name = arguments.operands[0]
        output = arguments.string("output").flatMap { $0.isEmpty ? nil : $0 }
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        guard let output else {
            guard !Terminal.output.isTerminal else {
                throw UsageError(
                    "cowardly refusing to save to a terminal. Use the -o flag or redirect")
            }
            try engine.export(name, to: STDOUT_FILENO)
            return 0
        }
        try OutputFile.check(output, what: "failed to export container")
        let line = ProgressLine("exporting \(name)")
        try engine.writeWhole(output) { file in
            try engine.export(name, to: file) { line.update(done: $0, total: nil) }
        }
        return 0
    }
}

/// A file that a command is asked to write, as Docker's client looks at it beforehand.
enum OutputFile {
    /// Refuses a path that cannot become a plain file.
    static func check(_ path: String, what: String) throws {
        var status = stat()
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let directory = slash.map { String(path[...$0]) } ?? "."
        guard stat(directory, &status) == 0 else {
            throw UsageError(
                "\(what): invalid output path: directory \"\(inert(directory))\" does not exist")
        }
        guard stat(path, &status) == 0 else { return }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: throw UsageError("\(what): \(inert(path)) is a directory")
        case S_IFCHR, S_IFBLK:
            throw UsageError("\(what): invalid output path: got a device")
        default:
            throw UsageError("\(what): invalid output path: got an irregular file")
        }
    }
}
