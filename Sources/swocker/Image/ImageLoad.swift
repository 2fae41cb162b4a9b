// SPDX-License-Identifier: Apache-2.0

/// `swocker load`: images out of an archive.
struct ImageLoad {
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
}
