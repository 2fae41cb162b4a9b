// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

/// `swocker push`: an image to a registry.
struct ImagePush: RegistryCommand {
    static let command = Command(
        "image push", shortcut: "push", operands: "NAME[:TAG]",
        summary: "Upload an image to a registry", arity: .exactly(1), completes: .images,
        options: [
            Option("all-tags", "a", .flag, "Push all tags of an image to the repository"),
            Option("disable-content-trust", .flag, default: "true", "No effect", .hidden),
            Option("platform", .string, "Push only an image for this platform"),
            Option("quiet", "q", .flag, "Print only the image's name"),
        ],
        examples: [
            Command.Example("push registry.example/app:1", "one tag"),
            Command.Example("push -a localhost:5000/app", "all tags of a repository"),
        ])
    static let needsEngine = true

    let arguments: Arguments

    init(arguments: Arguments) { self.arguments = arguments }

    func fill(_ request: inout RegistryRequest, in invocation: Invocation) throws {
        let text = arguments.operands[0]
        let reference = try clientReference(text)
        guard reference.digest == nil else {
            throw UsageError("cannot push a digest reference")
        }
        var push = RegistryRequest.Push(text)
        push.allTags = arguments.flag("all-tags")
        if push.allTags, reference.tag != nil {
            throw UsageError("tag can't be used with --all-tags/-a")
        }
        push.isQuiet = arguments.flag("quiet")
        push.platform = try registryPlatform(arguments, invocation.surroundings)
        request.push = push
    }
}
