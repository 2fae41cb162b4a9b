// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Glibc
import Linux

/// `run`: create and start at once, and wait for the end unless it is detached.
enum RunCommand {
    static let entry = Entry(
        command: Command(
            "run", "<container-id>", count: 1...1, "make a container of a bundle and run it",
            birthOptions + [
                Option("detach", "d", .flag, "leave it running"),
                Option("keep", .flag, "do not delete it when it ends"),
                Option("no-subreaper", .flag, "leave its orphans to another process"),
            ])
    ) { arguments, context in
        var birth = try Birth(arguments, context)
        let isDetached = arguments.flag("detach")
        birth.request.waitsForStart = false
        if !isDetached && !arguments.flag("no-subreaper") { try ThisProcess.adoptOrphans() }
        if isDetached || !birth.isTerminal {
            let console = try birth.console(isDetached: isDetached)
            let signals = try SignalQueue(isDetached ? [] : CatchableSignals.forwardable)
            let created = try birth.make(in: context, console: console.raw)
            try runHooks(.poststart, of: created.container, context)
            if isDetached { return 0 }
            return try wait(for: created, signals: signals, terminal: nil, arguments, context)
        }
        let signals = try SignalQueue(CatchableSignals.forwardable)
        _ = try birth.console(isDetached: false)
        let console = try DescriptorPair.sockets()
        let created = try birth.make(in: context, console: console.second.raw)
        let terminal = try DescriptorPassing.receive(from: console.first.raw)
        try runHooks(.poststart, of: created.container, context)
        return try wait(
            for: created, signals: signals, terminal: terminal, arguments, context)
    }

    private static func wait(
        for created: consuming CreatedContainer, signals: consuming SignalQueue,
        terminal: consuming OwnedFD?, _ arguments: Arguments, _ context: Context
    ) throws -> Int32 {
        let container = created.container
        var process = try ForegroundProcess(
            created.takePidfd(), signals: signals, terminal: terminal)
        let code = try process.wait().exitCode
        if !arguments.flag("keep") {
            for failure in try container.delete(force: true) { context.log.warn(failure) }
        }
        return code
    }

    private static func runHooks(
        _ kind: HookRun.Kind, of container: RuntimeContainer, _ context: Context
    ) throws {
        for failure in try container.runHooks(kind) { context.log.warn(failure) }
    }
}
