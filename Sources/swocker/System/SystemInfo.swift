// SPDX-License-Identifier: Apache-2.0

/// `swocker info`: what the engine has and what the machine offers.
struct SystemInfo {
    static let command = Command(
        "system info", shortcut: "info", summary: "Display system-wide information", arity: .none,
        options: [Option("format", "f", .string, "'json', or a Go template")],
        examples: [
            Command.Example("info", "containers, images, kernel and limits"),
            Command.Example("info -f '{{.Containers}}'", "one fact"),
        ])
}
