// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Linux

/// `create`: everything but the program.
enum CreateCommand {
    static let entry = Entry(
        command: Command(
            "create", "<container-id>", count: 1...1,
            "make a container of a bundle; start lets its program begin", birthOptions)
    ) { arguments, context in
        var birth = try Birth(arguments, context)
        birth.request.waitsForStart = true
        let console = try birth.console(isDetached: true)
        let created = try birth.make(in: context, console: console.raw)
        context.log.debug("created \(arguments.id) with process \(created.process.pid)")
        return 0
    }
}

/// `start`: lets the program of a created container begin.
enum StartCommand {
    static let entry = Entry(
        command: Command(
            "start", "<container-id>", count: 1...1, "let a created container's program begin")
    ) { arguments, context in
        for failure in try context.root.container(arguments.id).start() {
            context.log.warn(failure)
        }
        return 0
    }
}

extension Swift.Optional where Wrapped == OwnedFD, Wrapped: ~Copyable {
    /// The number of the descriptor, if there is one.
    var raw: CInt? {
        switch self {
        case .some(let descriptor): descriptor.raw
        case nil: nil
        }
    }
}
