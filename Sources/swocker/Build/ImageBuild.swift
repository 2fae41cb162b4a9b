// SPDX-License-Identifier: Apache-2.0

import Build
import Engine
import Glibc
import Linux
import OCI

/// `swocker build`: an image from a Dockerfile.
struct ImageBuild: RunnableCommand {
    static let command = Command(
        "image build", shortcut: "build", aliases: ["builder build"], operands: "PATH | URL | -",
        summary: "Build an image from a Dockerfile", arity: .exactly(1),
        options: BuildOptionTable.all,
        examples: [
            Command.Example("build -t demo .", "from ./Dockerfile and the files beside it"),
            Command.Example("build -f deploy/Dockerfile --target test .", "one stage of another"),
            Command.Example("build -o out .", "the files of the result into a directory"),
        ])

    let arguments: Arguments

    init(arguments: Arguments) throws {
        try BuildOptionTable.refuse(arguments)
        self.arguments = arguments
    }

    func run(in invocation: Invocation) throws -> Int32 {
        let engine = try invocation.engine()
        let progress = BuildProgress(
            try ProgressStyle(arguments, invocation.surroundings.environment),
            complain: invocation.surroundings.complain)
        var source: BuildSource?
        do {
            let found = try BuildSource(
                context: arguments.operands[0],
                file: arguments.string("file").flatMap { $0.isEmpty ? nil : $0 }, by: engine)
            source = found
            let code = try build(found, engine, invocation.surroundings, progress)
            engine.foldLog()
            return code
        } catch let error as UsageError {
            throw error
        } catch {
            progress.finish()
            let excerpt = SourceExcerpt(error, of: source)
            invocation.surroundings.complain(excerpt.text)
            return 1
        }
    }

    private func build(
        _ source: BuildSource, _ engine: Engine, _ surroundings: Surroundings,
        _ progress: BuildProgress
    ) throws -> Int32 {
        let file = try Dockerfile(parsing: source.text)
        let plan = try BuildPlan(file)
        if arguments.flag("check") || arguments.text("call") == "check" {
            return check(plan, source, surroundings)
        }
        let request = try request(plan, source, surroundings)
        let settings = try settings()
        if BuildOutputText.writesToTerminal(settings.output) {
            throw UsageError(
                "ERROR: dest file is required for this exporter. refusing to write to console")
        }
        let outcome = try engine.build(request, settings) { progress.take($0) }
        progress.finish()
        try report(outcome, surroundings)
        return 0
    }

    private func check(
        _ plan: BuildPlan, _ source: BuildSource, _ surroundings: Surroundings
    ) -> Int32 {
        let findings = plan.findings()
        guard !findings.isEmpty else {
            surroundings.print("Check complete, no warnings found.\n")
            return 0
        }
        let count = findings.count == 1 ? "1 warning has" : "\(findings.count) warnings have"
        var text = "Check complete, \(count) been found!\n"
        for finding in findings {
            text += "\nWARNING: \(finding.rule)\n\(inert(finding.text))\n"
            text += SourceExcerpt.lines(
                finding.line...finding.line, of: source.text, name: source.name)
        }
        surroundings.print(text)
        return 1
    }

    // MARK: What is asked for

    private func request(
        _ plan: BuildPlan, _ source: BuildSource, _ surroundings: Surroundings
    ) throws -> BuildRequest {
        var request = BuildRequest(plan, context: source.context, identity: source.identity)
        request.target = arguments.string("target").flatMap { $0.isEmpty ? nil : $0 }
        for text in arguments.list("build-arg") {
            let (name, value) = CommaRecord.pair(text)
            if let value = value ?? surroundings.environment(name) {
                request.arguments[name] = value
            }
        }
        for text in arguments.list("label") {
            let (key, value) = CommaRecord.pair(text)
            request.labels[key] = value ?? ""
        }
        for text in arguments.list("annotation") {
            let (key, value) = CommaRecord.pair(text)
            request.annotations[key] = value ?? ""
        }
        request.references = try arguments.list("tag").map { try TagText.reference($0) }
        request.platform = try platform(surroundings)
        request.usesCache = !arguments.flag("no-cache")
        request.uncachedStages = Set(
            arguments.list("no-cache-filter").flatMap { $0.split(separator: ",") }
                .map { $0.lowercased() })
        for text in arguments.list("secret") {
            let secret = try SecretText.parse(text, environment: surroundings.environment)
            request.secrets[secret.id] = secret.bytes
        }
        try readContexts(&request)
        request.network = RunStep.Network(rawValue: arguments.text("network")) ?? .default
        let allowed = arguments.list("allow")
        request.allowsHostNetwork = allowed.contains("network.host")
        request.allowsInsecure = allowed.contains("security.insecure")
        request.epoch = try epoch(request, surroundings)
        return request
    }

    private func platform(_ surroundings: Surroundings) throws -> Platform? {
        let text =
            arguments.string("platform") ?? surroundings.environment("DOCKER_DEFAULT_PLATFORM")
        guard let text, !text.isEmpty else { return nil }
        guard !text.contains(",") else {
            throw UsageError("swocker: building for several platforms is not supported yet")
        }
        guard let platform = Platform(parsing: text) else {
            throw UsageError("ERROR: \"\(inert(text))\": invalid platform")
        }
        return platform
    }

    private func epoch(
        _ request: BuildRequest, _ surroundings: Surroundings
    ) throws -> Int64? {
        let name = "SOURCE_DATE_EPOCH"
        guard let text = request.arguments[name] ?? surroundings.environment(name),
            !text.isEmpty
        else { return nil }
        guard let seconds = Int64(text), (0..<1 << 33).contains(seconds) else {
            throw UsageError("ERROR: invalid SOURCE_DATE_EPOCH: \(inert(text))")
        }
        return seconds
    }

    private func readContexts(_ request: inout BuildRequest) throws {
        for text in arguments.list("build-context") {
            let (name, value) = CommaRecord.pair(text)
            guard let value, !name.isEmpty, !value.isEmpty else {
                throw UsageError(
                    "ERROR: invalid context value: \(inert(text)), expected key=value")
            }
            if value.hasPrefix("docker-image://") {
                request.images[name] = String(value.dropFirst("docker-image://".count))
            } else if value.contains("://") || value.hasPrefix("git@") {
                throw UsageError("swocker: --build-context \(inert(value)) is not supported yet")
            } else {
                request.trees[name] = try FileTree.directory(value)
            }
        }
    }

    private func settings() throws -> BuildSettings {
        var settings = BuildSettings()
        settings.pull = arguments.flag("pull") ? .always : .missing
        let outputs = try arguments.list("output").map { try BuildOutputText.parse($0) }
        guard outputs.count < 2 else {
            throw UsageError("swocker: several outputs at once are not supported yet")
        }
        settings.output = outputs.first ?? .image
        settings.host.extraHosts = try arguments.list("add-host").map(ExtraHostText.parse)
        settings.host.cgroupParent = arguments.text("cgroup-parent")
        settings.host.cpuPeriod = arguments.integer("cpu-period") ?? 0
        settings.host.cpuQuota = arguments.integer("cpu-quota") ?? 0
        settings.host.cpuShares = arguments.integer("cpu-shares") ?? 0
        settings.host.cpusetCpus = arguments.text("cpuset-cpus")
        settings.host.cpusetMems = arguments.text("cpuset-mems")
        settings.host.memory = arguments.bytes("memory") ?? 0
        settings.host.memorySwap = try Size.bytesOrUnlimited(arguments.string("memory-swap") ?? "0")
        settings.host.shmSize = arguments.bytes("shm-size") ?? 0
        settings.host.ulimits = try UlimitText.limits(arguments.list("ulimit"))
        for option in arguments.list("security-opt") {
            if option == "systempaths=unconfined" {
                (settings.host.maskedPaths, settings.host.readonlyPaths) = ([], [])
            } else {
                settings.host.securityOpt.append(
                    try SecurityText.resolved(option) { try contents(of: $0) })
            }
        }
        return settings
    }

    // MARK: What is told

    private func report(_ outcome: BuildOutcome, _ surroundings: Surroundings) throws {
        let id = outcome.image.map { "\($0)" } ?? ""
        if arguments.flag("quiet"), !id.isEmpty { surroundings.print("\(id)\n") }
        if let path = arguments.string("iidfile"), !path.isEmpty {
            try replaceFile(path, with: Array(id.utf8))
        }
        guard let path = arguments.string("metadata-file"), !path.isEmpty else { return }
        var document = JSONObject()
        if let image = outcome.image {
            document["containerimage.config.digest"] = .string("\(image)")
        }
        if let manifest = outcome.manifest {
            document["containerimage.digest"] = .string("\(manifest)")
        }
        if !outcome.references.isEmpty {
            document["image.name"] = .string(outcome.references.joined(separator: ","))
        }
        try replaceFile(path, with: JSONValue.object(document).bytes() + [UInt8(ascii: "\n")])
    }
}
