// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Images
internal import Linux
internal import OCI

extension StageBuild {
    /// RUN.
    mutating func run(_ step: RunStep, _ instruction: Instruction) throws {
        let title = title(instruction)
        let lines = instruction.lines
        try allow(step, at: lines)
        guard Platform.host.rank(of: configuration.platform) != nil else {
            throw BuildFailure(
                "programs of \(configuration.platform) cannot run on \(Platform.host)", at: lines)
        }
        var command: [String]
        var mounts = try Self.worded(lines) {
            try step.mounts.map { mount throws(DockerfileError) in try expanded(mount) }
        }
        switch step.command {
        case .exec(let words): command = words
        case .shell(let line): command = (execution.shell ?? ["/bin/sh", "-c"]) + [line]
        case .script(let name, _): command = ["\(Self.scripts)/\(name)"]
        }
        let sources = try mounts.map { try source(of: $0, at: lines) }
        let (builder, stage) = (builder, self)
        let network = step.network == .default ? request.network : step.network
        mounts = mounts.filter { $0.kind != .ssh }
        var outcome: RunOutcome?
        let text = historyText(command)
        try cachedStep(title, text, instruction) { _ in
            var inputs = StepInputs("run")
            stage.describe(step, command, network, to: &inputs)
            for (mount, source) in zip(mounts, sources) {
                try Self.describe(mount, source, to: &inputs)
            }
            return inputs
        } make: { number, _ in
            let mounted = try zip(mounts, sources).flatMap {
                try stage.prepare($0, $1, at: lines)
            }
            var run = RunRequest(
                layers: stage.layers, command: command,
                environment: stage.runEnvironment(mounts), user: stage.execution.user ?? "",
                workingDirectory: stage.execution.workingDirectory ?? "/", network: network,
                isInsecure: step.isInsecure, mounts: mounted, latestTime: stage.request.epoch)
            if case .script(let name, let content) = step.command {
                run.mounts.append(.script(named: "\(Self.scripts)/\(name)", content))
            }
            outcome = try stage.perform(run, number, title, lines)
            guard let changes = outcome?.changes else { return (nil, true) }
            return (try builder.site.makeLayer(TarStream(changes)), true)
        }
    }

    /// Where scripts of heredocs are while they run.
    private static let scripts = "/dev/pipes"

    private func allow(_ step: RunStep, at lines: ClosedRange<Int>) throws {
        if step.network == .host, !request.allowsHostNetwork, request.network != .host {
            throw BuildFailure(
                "network.host is not allowed: use --allow network.host", at: lines)
        }
        if step.isInsecure, !request.allowsInsecure {
            throw BuildFailure(
                "security.insecure is not allowed: use --allow security.insecure", at: lines)
        }
        for mount in step.mounts where mount.kind == .ssh && mount.isRequired {
            throw BuildFailure("RUN --mount=type=ssh is not supported yet", at: lines)
        }
        if step.mounts.contains(where: { $0.kind == .ssh }) {
            throw BuildFailure("RUN --mount=type=ssh is not supported yet", at: lines)
        }
    }

    private func expanded(_ mount: RunMount) throws(DockerfileError) -> RunMount {
        var mount = mount
        mount.target = try expand(mount.target)
        mount.source = try expand(mount.source)
        mount.id = try expand(mount.id)
        mount.from = try mount.from.map { text throws(DockerfileError) in try expand(text) }
        if !mount.target.isEmpty, !mount.target.hasPrefix("/") {
            mount.target = "\(execution.workingDirectory ?? "/")/\(mount.target)"
        }
        return mount
    }

    // MARK: What decides whether it is made anew

    private func describe(
        _ step: RunStep, _ command: [String], _ network: RunStep.Network,
        to inputs: inout StepInputs
    ) {
        inputs.add("the command", "\(command)")
        if case .script(_, let content) = step.command { inputs.add("the script", content) }
        inputs.add("what is below it", chain)
        for entry in execution.environment {
            inputs.add("variable \(entry.prefix { $0 != "=" })", entry)
        }
        for entry in visibleArguments {
            inputs.add("argument \(entry.prefix { $0 != "=" })", entry)
        }
        inputs.add("the user", execution.user ?? "")
        inputs.add("the working directory", execution.workingDirectory ?? "/")
        inputs.add("the network", network.rawValue)
        inputs.add("the security", step.isInsecure ? "insecure" : "sandbox")
        inputs.add("the platform", "\(configuration.platform)")
    }

    /// Secrets are not among it, nor what caches hold.
    private static func describe(
        _ mount: RunMount, _ source: CopyPlan?, to inputs: inout StepInputs
    ) throws {
        inputs.add(
            "mount \(mount.target.isEmpty ? mount.id : mount.target)",
            "\(mount.kind) \(mount.id) \(mount.target) \(mount.isReadOnly) \(mount.size) "
                + "\(mount.mode ?? 0) \(mount.user) \(mount.group) \(mount.variable ?? "")")
        guard let source, mount.kind == .bind else { return }
        var print = try Fingerprint(of: CopyEntries(source), dropping: 1)
        let digest = print.finish()
        inputs.add("files of \(mount.target)", print, digest)
    }

    // MARK: Mounts

    /// The files that a bind shows; nil for other mounts.
    private func source(of mount: RunMount, at lines: ClosedRange<Int>) throws -> CopyPlan? {
        guard mount.kind == .bind || mount.kind == .cache && mount.from != nil else { return nil }
        var tree = request.context
        if let from = mount.from { tree = try builder.tree(from, before: stage, at: lines) }
        return try Self.worded(lines) {
            var plan = try CopyPlan(
                [mount.source.isEmpty ? "/" : mount.source], documents: [], to: "/source", in: "/",
                from: tree, onto: FileTree(root: nil), keepsParents: false, keyword: "RUN --mount")
            if mount.from == nil { plan.owner = .root }
            return plan
        }
    }

    private func prepare(
        _ mount: RunMount, _ source: CopyPlan?, at lines: ClosedRange<Int>
    ) throws -> [RunRequest.Mount] {
        var mounted = RunRequest.Mount(
            source: .memory(size: mount.size), target: mount.target, isReadOnly: mount.isReadOnly,
            mode: mount.mode ?? 0o755, user: mount.user, group: mount.group)
        switch mount.kind {
        case .bind:
            guard let source else { return [] }
            mounted.source = .path(try materialized(source))
        case .cache:
            if mount.from != nil {
                throw BuildFailure(
                    "RUN --mount=type=cache,from= is not supported yet", at: lines)
            }
            mounted.source = .cache(id: mount.id, sharing: mount.sharing)
        case .tmpfs: mounted.mode = mount.mode ?? 0o1777
        case .secret:
            guard let bytes = request.secrets[mount.id] else {
                guard mount.isRequired else { return [] }
                throw BuildFailure("secret \(mount.id): not found", at: lines)
            }
            if mount.variable != nil, mount.target.isEmpty { return [] }
            mounted.target = mount.target.isEmpty ? "/run/secrets/\(mount.id)" : mount.target
            mounted.mode = mount.mode ?? 0o400
            mounted.isReadOnly = true
            mounted.source = .secret(bytes)
        case .ssh: return []
        }
        return [mounted]
    }

    /// Files of a tree in a directory of the build's own: what the program writes there is gone with it.
    private func materialized(_ source: CopyPlan) throws -> String {
        let path = try builder.site.scratchDirectory()
        let root = try attempting("open \(path)") { () throws(Errno) in
            try OwnedFD.open(path, O_RDONLY | O_DIRECTORY)
        }
        let unpacker = LayerUnpacker(
            root: root, for: .copy(CopyRules(owner: .stated(highest: .max - 1))))
        let mask = umask(0)
        defer { umask(mask) }
        try unpacker.unpack(try TarReader(TarStream(CopyEntries(source))))
        return "\(path)/source"
    }

    // MARK: The program

    private func runEnvironment(_ mounts: [RunMount]) -> [String] {
        var environment = execution.environment + visibleArguments
        if !environment.contains(where: { $0.hasPrefix("PATH=") }) {
            environment.append("PATH=\(Self.path)")
        }
        for (name, value) in request.arguments.sorted(by: { $0.key < $1.key })
        where BuildRequest.proxies.contains(name) {
            if !environment.contains(where: { $0.hasPrefix("\(name)=") }) {
                environment.append("\(name)=\(value)")
            }
        }
        for mount in mounts {
            guard let name = mount.variable, let bytes = request.secrets[mount.id] else { continue }
            environment.append("\(name)=\(String(decoding: bytes, as: UTF8.self))")
        }
        return environment
    }

    private func perform(
        _ run: RunRequest, _ number: Int, _ title: String, _ lines: ClosedRange<Int>
    ) throws -> RunOutcome {
        let report = builder.report
        var last: [UInt8] = []
        let outcome = try builder.site.run(run) { bytes, isError in
            report(.output(number, bytes, isError: isError))
            last = Array((last + bytes).suffix(8192))
        }
        guard outcome.exitCode != 0 else { return outcome }
        let words = run.command.joined(separator: " ")
        var failure = BuildFailure(
            "process \"\(words)\" did not complete successfully: exit code: \(outcome.exitCode)",
            at: lines)
        failure.step = title
        failure.output = String(decoding: last, as: UTF8.self)
        throw failure
    }

    /// As BuildKit writes it: the arguments that the program saw, then the command.
    private func historyText(_ command: [String]) -> String {
        let seen = visibleArguments
        let prefix = seen.isEmpty ? "" : "|\(seen.count) \(seen.joined(separator: " ")) "
        return "RUN \(prefix)\(command.joined(separator: " "))"
    }
}

extension RunRequest.Mount {
    fileprivate static func script(named path: String, _ content: String) -> Self {
        Self(
            source: .bytes(Array(content.utf8)), target: path, isReadOnly: true, mode: 0o755,
            user: 0, group: 0)
    }
}
