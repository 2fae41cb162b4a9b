// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// `COPY` and `ADD`: files that come into the image.
public struct CopyStep: Equatable, Sendable {
    /// Whether it is ADD, which unpacks archives and takes addresses.
    public let isAdd: Bool
    /// A stage, an image or a named context; nil for the context.
    public let from: String?
    public let owner: String?
    public let mode: String?
    /// Whether the layer stands for itself, whatever it lands on.
    public let isLinked: Bool
    /// Whether sources keep their directories.
    public let keepsParents: Bool
    public let excluded: [String]
    public let checksum: String?
    /// Whether archives are unpacked; nil for what the instruction does by itself.
    public let unpacks: Bool?
    public let sources: [String]
    public let documents: [Instruction.Heredoc]
    public let destination: String

    init(_ instruction: Instruction, escape: Character) throws(DockerfileError) {
        isAdd = instruction.keyword == "ADD"
        let common: Set = ["chown", "chmod", "link", "exclude"]
        let own: Set = isAdd ? ["checksum", "keep-git-dir", "unpack"] : ["from", "parents"]
        try instruction.allow(common.union(own))
        from = try instruction.value(of: "from").flatMap { $0.isEmpty ? nil : $0 }
        owner = try instruction.value(of: "chown")
        mode = try instruction.value(of: "chmod")
        isLinked = try instruction.isOn("link")
        keepsParents = try instruction.isOn("parents")
        excluded = try instruction.values(of: "exclude")
        checksum = try instruction.value(of: "checksum")
        unpacks =
            instruction.flags.contains { $0.name == "unpack" }
            ? try instruction.isOn("unpack") : nil
        _ = try instruction.isOn("keep-git-dir")
        let json = DockerfileWords.json(instruction.arguments)
        var words = json ?? DockerfileWords.split(instruction.arguments, escape: escape)
        guard words.count >= 2, let last = words.popLast() else {
            throw DockerfileError(
                "\(instruction.keyword) requires at least two arguments, but only \(words.count) "
                    + "provided. Destination could not be determined")
        }
        destination = last
        documents = json == nil ? instruction.heredocs : []
        sources = json == nil ? words.filter { HeredocHead($0) == nil } : words
        if checksum != nil, sources.count + documents.count != 1 {
            throw DockerfileError("checksum cannot be specified for multiple sources")
        }
        if checksum != nil, let source = sources.first, !Self.isAddress(source) {
            throw DockerfileError("checksum requires HTTP(S) or Git sources")
        }
    }

    /// Whether a source lies elsewhere than in a tree.
    static func isAddress(_ source: String) -> Bool {
        ["http://", "https://", "git://", "git@", "ssh://"].contains { source.hasPrefix($0) }
    }
}
