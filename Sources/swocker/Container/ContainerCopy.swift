// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker cp`: files between a container and the host.
struct ContainerCopy: EngineCommand {
    static let command = Command(
        "container cp", shortcut: "cp",
        operands: "CONTAINER:SRC_PATH DEST_PATH|- | SRC_PATH|- CONTAINER:DEST_PATH",
        summary: "Copy files/folders between a container and the local filesystem",
        arity: .exactly(2), completes: .containers,
        options: [
            Option("archive", "a", .flag, "Give what comes in to the container's user"),
            Option("follow-link", "L", .flag, "Copy what a link at SRC_PATH leads to"),
            Option("quiet", "q", .flag, "Show no progress"),
        ],
        examples: [
            Command.Example("cp web:/etc/hosts .", "out of a container"),
            Command.Example("cp conf/. web:/etc/app", "the contents of a directory into it"),
            Command.Example("cp web:/var/log - | tar -t", "as a tar"),
        ])

    let request: CopyRequest
    let isInward: Bool
    /// The destination, as it is told to have been reached.
    let destination: String
    let isQuiet: Bool

    init(arguments: Arguments) throws {
        let (source, destination) = (arguments.operands[0], arguments.operands[1])
        guard !source.isEmpty else { throw UsageError("source can not be empty") }
        guard !destination.isEmpty else { throw UsageError("destination can not be empty") }
        var copy: CopyRequest
        let (from, to) = (Self.split(source), Self.split(destination))
        switch (from.container, to.container) {
        case (_?, _?): throw UsageError("copying between containers is not supported")
        case (nil, nil): throw UsageError("must specify at least one container source")
        case (let container?, nil):
            isInward = false
            copy = CopyRequest(
                container: container, path: from.path, local: to.path == "-" ? nil : to.path)
        case (nil, let container?):
            isInward = true
            copy = CopyRequest(
                container: container, path: to.path, local: from.path == "-" ? nil : from.path)
        }
        copy.followsLinks = arguments.flag("follow-link")
        copy.belongsToUser = arguments.flag("archive")
        request = copy
        self.destination = destination
        isQuiet = arguments.isSet("quiet") ? arguments.flag("quiet") : !Terminal.output.isTerminal
    }

    /// A word with a colon names a container, unless it begins as a path does.
    private static func split(_ word: String) -> (container: String?, path: String) {
        guard !word.hasPrefix("/"), !word.hasPrefix("."),
            let colon = word.utf8.firstIndex(of: UInt8(ascii: ":")), colon > word.startIndex
        else { return (nil, word) }
        return (String(word[..<colon]), String(word[word.utf8.index(after: colon)...]))
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let note = { surroundings.complain("\(inert($0))\n") }
        do {
            let bytes = try copy(on: engine, note)
            if !isQuiet, isInward || request.local != nil {
                surroundings.complain(
                    "Successfully copied \(humanSize(bytes)) to \(inert(destination))\n")
            }
            return 0
        } catch let error as CopyRefusal {
            throw UsageError(inert(error.description))
        }
    }

    /// - Returns: the bytes of the tar.
    private func copy(on engine: Engine, _ note: @escaping (String) -> Void) throws -> Int64 {
        let total = ByteCount()
        let line =
            isQuiet
            ? nil : ProgressLine("Copying \(isInward ? "to" : "from") container")
        let progress = { (done: Int64) in
            total.bytes = done
            line?.update(done: done, total: nil)
        }
        if isInward {
            try engine.copyIn(request, note: note, progress: progress)
        } else {
            try engine.copyOut(request, note: note, progress: progress)
        }
        return total.bytes
    }
}

/// A number that a closure can change.
private final class ByteCount {
    var bytes: Int64 = 0
}
