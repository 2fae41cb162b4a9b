// SPDX-License-Identifier: Apache-2.0

/// `swocker run`: create a container and start it.
struct ContainerRun {
    static let command = Command(
        "container run", shortcut: "run", operands: "IMAGE [COMMAND] [ARG...]",
        summary: "Create and run a new container from an image", arity: .atLeast(1),
        operandsEndOptions: true, completes: .images,
        options: RunOptionTable.client + RunOptionTable.container,
        examples: [
            Command.Example("run --rm -it busybox sh", "a shell in a container that goes with it"),
            Command.Example(
                "run -d --name web -v ./site:/site:ro busybox httpd -fh /site", "a server"),
            Command.Example("run --rm --explain busybox true", "what a start does to the kernel"),
        ])
}
