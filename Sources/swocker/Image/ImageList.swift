// SPDX-License-Identifier: Apache-2.0

/// `swocker images`: the images there are.
struct ImageList {
    static let command = Command(
        "image ls", shortcut: "images", aliases: ["image list"], operands: "[REPOSITORY[:TAG]]",
        summary: "List images", arity: .atMost(1), completes: .images,
        options: [
            Option("all", "a", .flag, "Show intermediate images too"),
            Option("digests", .flag, "Show digests"),
            Option("filter", "f", .filter, "Show only what meets a condition (dangling=true)"),
            Option(
                "format", .string,
                "'table', 'table TEMPLATE', 'json', or a Go template for each row"),
            Option("no-trunc", .flag, "Show IDs in full"),
            Option("quiet", "q", .flag, "Show IDs only"),
        ],
        examples: [
            Command.Example("images", "all images, the newest first"),
            Command.Example("images -q busybox", "the ID of an image"),
        ])
}
