// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Linux
import OCI

/// `exec`: a further program in a container.
enum ExecCommand {
    static let entry = Entry(
        command: Command(
            "exec", "<container-id> <command> [arguments] || -p process.json <container-id>",
            count: 1...Int.max, "run a further program in a container", operandsEndOptions: true,
            [
                Option("console-socket", .value, "Unix socket that takes the terminal's main end"),
                Option("cwd", .value, "working directory in the container"),
                Option("env", "e", .list, "variable of the environment"),
                Option("tty", "t", .flag, "give it a terminal"),
                Option("user", "u", .value, "who it is: UID[:GID]"),
                Option("additional-gids", "g", .list, "further groups"),
                Option("process", "p", .value, "file with the process of the specification"),
                Option("detach", "d", .flag, "leave it running"),
                Option("pid-file", .value, "file to write the process's number to"),
                Option("process-label", .value, "SELinux label of the process"),
                Option("apparmor", .value, "AppArmor profile of the process"),
                Option("no-new-privs", .flag, "it gains no privileges"),
                Option("cap", "c", .list, "further capability"),
                Option("preserve-fds", .number, "how many descriptors from 3 on it gets"),
                Option("cgroup", .value, "group below the container's"),
                Option("ignore-paused", .flag, "also in a paused container"),
            ])
    ) { arguments, context in
        // 255 tells failures from the program's own codes, as in runc.
        do { return try run(arguments, context) } catch {
            throw ExitCode(code: 255, description: "exec failed: \(error)")
        }
    }

    private static func run(_ arguments: Arguments, _ context: Context) throws -> Int32 {
        let container = try context.root.container(arguments.id)
        let spec = try container.specification()
        if spec.linux?.namespaces.contains(where: { $0.type == .user }) != true {
            try ProtectedProgram.ensure()
        }
        var execution = RuntimeExecution(process: try process(arguments, spec))
        execution.preservedDescriptors = try PreservedDescriptors.count(
            arguments, environment: &execution.process.env)
        execution.cgroup = arguments["cgroup"]
        execution.ignoresPause = arguments.flag("ignore-paused")
        let isTerminal = execution.process.terminal == true
        let isDetached = arguments.flag("detach")
        let socket = try ConsoleSocket.connect(
            arguments["console-socket"].map(absolute), terminal: isTerminal,
            isDetached: isDetached)
        let signals = try SignalQueue(isDetached ? [] : CatchableSignals.forwardable)
        guard isTerminal && !isDetached else {
            execution.console = socket.raw
            let started = try container.execute(execution)
            if let file = arguments["pid-file"] { try writePID(started.pid, to: file) }
            if isDetached { return 0 }
            var process = try ForegroundProcess(started.takePidfd(), signals: signals)
            return try process.wait().exitCode
        }
        let console = try DescriptorPair.sockets()
        execution.console = console.second.raw
        let started = try container.execute(execution)
        if let file = arguments["pid-file"] { try writePID(started.pid, to: file) }
        let main = try DescriptorPassing.receive(from: console.first.raw)
        var process = try ForegroundProcess(
            started.takePidfd(), signals: signals, terminal: main)
        return try process.wait().exitCode
    }

    /// The process of `--process`, or the container's own with what the options say.
    private static func process(_ arguments: Arguments, _ spec: Spec) throws -> Spec.Process {
        if let file = arguments["process"] {
            let document = try contents(of: file, limit: 16 << 20)
            do { return try Spec.Process(json: document) } catch let error as DecodingError {
                throw UsageError("\(file): \(error.line)")
            }
        }
        guard var process = spec.process else { throw UsageError("config.json has no process") }
        process.args = Array(arguments.operands.dropFirst())
        guard !process.args.isEmpty else { throw UsageError("process args cannot be empty") }
        process.terminal = arguments.flag("tty")
        process.consoleSize = nil
        if let directory = arguments["cwd"] { process.cwd = directory }
        if let label = arguments["process-label"] { process.selinuxLabel = label }
        if let profile = arguments["apparmor"] { process.apparmorProfile = profile }
        if arguments.flag("no-new-privs") { process.noNewPrivileges = true }
        process.env += arguments.list("env")
        try add(arguments.list("cap"), to: &process)
        if let user = arguments["user"] { process.user = try Self.user(user) }
        for text in arguments.list("additional-gids") {
            guard let group = UInt32(text) else {
                throw UsageError("invalid value \"\(text)\" for flag -additional-gids")
            }
            process.user.additionalGids.append(group)
        }
        return process
    }

    private static func add(_ names: [String], to process: inout Spec.Process) throws {
        guard !names.isEmpty else { return }
        var sets = process.capabilities ?? Spec.Capabilities()
        for name in names {
            guard CapabilitySet(names: [name]) != [] else {
                throw UsageError("unknown capability \"\(name)\"")
            }
            sets.bounding.append(name)
            sets.effective.append(name)
            sets.permitted.append(name)
        }
        process.capabilities = sets
    }

    private static func user(_ text: String) throws -> Spec.User {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let uid = UInt32(parts[0]), let gid = parts.count == 2 ? UInt32(parts[1]) : 0 else {
            throw UsageError("invalid value \"\(text)\" for flag -user: UID[:GID] is meant")
        }
        return Spec.User(uid: uid, gid: gid)
    }
}
