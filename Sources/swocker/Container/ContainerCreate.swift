// SPDX-License-Identifier: Apache-2.0

/// `swocker create`: make a container without starting it.
struct ContainerCreate {
    static let command = Command(
        "container create", shortcut: "create", operands: "IMAGE [COMMAND] [ARG...]",
        summary: "Create a new container", arity: .atLeast(1), operandsEndOptions: true,
        completes: .images, options: RunOptionTable.container,
        examples: [
            Command.Example("create --name job busybox sleep 60", "a container, ready to start"),
            Command.Example("create -it --name sh busybox sh", "one for 'swocker start -ai sh'"),
        ])
}
