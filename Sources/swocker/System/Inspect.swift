// SPDX-License-Identifier: Apache-2.0

/// `swocker inspect`: all that is known of anything with a name.
struct Inspect {
    static let command = Command(
        "inspect", operands: "NAME|ID [NAME|ID...]",
        summary: "Return low-level information on containers and images", arity: .atLeast(1),
        completes: .objects,
        options: [
            Option("format", "f", .string, "'json', or a Go template for each object"),
            Option("size", "s", .flag, "Show the file sizes of containers"),
            Option("type", .string, "Look only among objects of this type (container|image)"),
        ],
        examples: [
            Command.Example("inspect web", "everything, as JSON"),
            Command.Example("inspect -f '{{.State.ExitCode}}' job", "one fact"),
            Command.Example(
                "inspect --type image busybox", "an image, whatever containers are called"),
        ])
}
