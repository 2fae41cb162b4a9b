// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc
import Linux
import OCI

/// `swocker load`: images out of an archive.
struct ImageLoad: EngineCommand {
    static let command = Command(
        "image load", shortcut: "load", summary: "Load an image from a tar archive or STDIN",
        arity: .none,
        options: [
            Option(
                "input", "i", .string, "Archive or OCI layout directory to read instead of STDIN"),
            Option(
                "platform", .list("strings", check: { _ in }),
                "Load only the variant of this platform (os[/arch[/variant]])"),
            Option("quiet", "q", .flag, "Show no progress"),
        ],
        examples: [
            Command.Example("load -i busybox.tar", "an archive"),
            Command.Example("load < busybox.tar.zst", "the same from standard input, compressed"),
        ])

    /// nil for standard input.
    let path: String?
    let platform: Platform?
    let quiet: Bool

    init(arguments: Arguments) throws {
        path = arguments.string("input").flatMap { $0.isEmpty ? nil : $0 }
        platform = try PlatformOption.only(arguments)
        quiet = arguments.flag("quiet")
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        guard path != nil || !Terminal.input.isTerminal else {
            throw UsageError("requested load from stdin, but stdin is empty")
        }
        // Docker's client opens the file, and says so in its own words.
        if let path, access(path, R_OK) != 0 {
            throw UsageError("open \(inert(path)): \(Errno(rawValue: errno))")
        }
        for loaded in try load(on: engine) {
            switch loaded {
            case .name(let name): surroundings.print("Loaded image: \(name)\n")
            case .id(let id): surroundings.print("Loaded image ID: \(id)\n")
            }
        }
        return 0
    }

    private func load(on engine: Engine) throws -> [LoadedName] {
        if quiet { return try engine.loadImages(from: path, platform: platform) }
        let line = ProgressLine("loading \(path ?? "standard input")")
        return try engine.loadImages(
            from: path, platform: platform, progress: { line.update(done: $0, total: $1) })
    }
}
