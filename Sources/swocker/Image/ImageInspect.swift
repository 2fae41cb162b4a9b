// SPDX-License-Identifier: Apache-2.0

/// `swocker image inspect`: all that is known of images.
struct ImageInspect {
    static let command = Command(
        "image inspect", operands: "IMAGE [IMAGE...]",
        summary: "Display detailed information on one or more images", arity: .atLeast(1),
        completes: .images,
        options: [
            Option("format", "f", .string, "'json', or a Go template for each object"),
            Option(
                "platform", .string, "Look at the variant of this platform (os[/arch[/variant]])"),
        ],
        examples: [
            Command.Example("image inspect busybox", "everything, as JSON"),
            Command.Example("image inspect -f '{{.Config.Cmd}}' busybox", "what it runs"),
        ])
}
