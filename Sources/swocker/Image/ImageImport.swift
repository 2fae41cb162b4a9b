// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc
import Linux
import OCI

/// `swocker import`: an image of one layer from a tar.
struct ImageImport: EngineCommand {
    static let command = Command(
        "image import", shortcut: "import", operands: "file|URL|- [REPOSITORY[:TAG]]",
        summary: "Import the contents from a tarball to create a filesystem image",
        arity: .between(1, 2),
        options: [
            Option("change", "c", .list, "Dockerfile instruction that makes the configuration"),
            Option("message", "m", .string, "What it is"),
            Option("platform", .string, "What it is made for (os[/arch[/variant]])"),
        ],
        examples: [
            Command.Example("import rootfs.tar.zst mine:1", "a file"),
            Command.Example("export web | swocker import -c 'CMD [\"sh\"]' - flat", "a pipe"),
        ])

    let request: ImportRequest

    init(arguments: Arguments) throws {
        var request = ImportRequest()
        let source = arguments.operands[0]
        if source != "-" {
            if access(source, R_OK) != 0 {
                let reason = Errno(rawValue: errno)
                guard !source.hasPrefix("http://"), !source.hasPrefix("https://") else {
                    throw UsageError(
                        "swocker: importing from a URL is not supported yet: download it, and pipe"
                            + " it into 'swocker import -'")
                }
                throw UsageError("open \(inert(source)): \(reason)")
            }
            request.path = source
        }
        if let text = arguments.string("platform"), !text.isEmpty {
            guard let platform = Platform(parsing: text) else {
                throw UsageError("invalid platform: \(inert(text))")
            }
            request.platform = platform
        }
        request.changes = arguments.list("change")
        request.message = arguments.text("message")
        request.reference = arguments.operands.dropFirst().first.flatMap { $0.isEmpty ? nil : $0 }
        self.request = request
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        surroundings.print("\(try imported(on: engine))\n")
        return 0
    }

    private func imported(on engine: Engine) throws -> Digest {
        let line = ProgressLine("importing \(request.path ?? "standard input")")
        return try engine.importImage(request) { line.update(done: $0, total: nil) }
    }
}
