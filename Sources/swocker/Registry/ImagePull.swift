// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

/// `swocker pull`: an image from a registry.
struct ImagePull: RegistryCommand {
    static let command = Command(
        "image pull", shortcut: "pull", operands: "NAME[:TAG|@DIGEST]",
        summary: "Download an image from a registry", arity: .exactly(1),
        options: [
            Option("all-tags", "a", .flag, "Download all tagged images in the repository"),
            Option("disable-content-trust", .flag, default: "true", "No effect", .hidden),
            Option(
                "platform", .string, "Platform of the image, if the registry has several"),
            Option("quiet", "q", .flag, "Print only the image's name"),
        ],
        examples: [
            Command.Example("pull alpine", "the tag latest, from Docker Hub"),
            Command.Example("pull --platform linux/arm64 registry.example/app:1", "for elsewhere"),
        ])
    static let needsEngine = true

    let arguments: Arguments

    init(arguments: Arguments) { self.arguments = arguments }

    func fill(_ request: inout RegistryRequest, in invocation: Invocation) throws {
        let text = arguments.operands[0]
        let reference = try clientReference(text)
        var pull = RegistryRequest.Pull(text)
        pull.allTags = arguments.flag("all-tags")
        if pull.allTags, reference.tag != nil || reference.digest != nil {
            throw UsageError("tag can't be used with --all-tags/-a")
        }
        pull.isQuiet = arguments.flag("quiet")
        pull.platform = try registryPlatform(arguments, invocation.surroundings)
        request.pull = pull
    }
}

/// `--platform`, or what the environment says.
func registryPlatform(_ arguments: Arguments, _ surroundings: Surroundings) throws -> String? {
    let text = arguments.string("platform") ?? surroundings.environment("DOCKER_DEFAULT_PLATFORM")
    guard let text, !text.isEmpty else { return nil }
    guard Platform(parsing: text) != nil else {
        throw UsageError("invalid platform: \(quoted(text)): must be os[/arch[/variant]]")
    }
    return text
}
