// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Images
internal import Linux
internal import OCI

/// One stage under way: its layers, its configuration, its variables.
struct StageBuild {
    let stage: Stage
    let builder: Builder
    var layers: [Digest] = []
    var configuration: ImageConfiguration
    var execution = ImageConfiguration.Execution()
    /// Nanoseconds since 1970, of the newest step.
    var created: Int64 = 0
    var keys: [Digest] = []
    /// The ARGs so far, in order.
    private var arguments: [(name: String, value: String)] = []
    private var setsCommand = false
    private var steps: [(instruction: Instruction, step: Step)]
    private let total: Int
    private var position = 0

    var escape: Character { builder.request.plan.file.directives.escape }
    var request: BuildRequest { builder.request }

    init(_ stage: Stage, by builder: Builder) throws {
        self.stage = stage
        self.builder = builder
        let lines = stage.head.lines
        let platform = try Self.platform(of: stage, by: builder)
        configuration = ImageConfiguration(
            platform: platform ?? builder.request.platform ?? .host, diffIDs: [])
        steps = stage.steps
        let base = try Self.worded(lines) { () throws(DockerfileError) in
            try builder.expandGlobal(stage.from.base)
        }
        guard !base.isEmpty else {
            throw BuildFailure("base name (\(stage.from.base)) should not be blank", at: lines)
        }
        var beginning = try Self.beginning(base, stage, platform, builder)
        let triggers = try beginning.takeTriggers(
            escape: builder.request.plan.file.directives.escape)
        layers = beginning.layers
        configuration = beginning.configuration
        execution = configuration.config ?? ImageConfiguration.Execution()
        created = beginning.created
        keys = beginning.steps
        steps = triggers.map { ($0.0, $0.1) } + steps
        total = 1 + steps.count { $0.step.isShown }
        let shown = base == "scratch" ? "scratch" : ImageStore.shown(base)
        let isStage = builder.request.plan.stage(base, before: stage.number) != nil
        guard base != "scratch", !isStage else {
            if base == "scratch" { position = 0 }
            return
        }
        position = 1
        let number = builder.begin("[\(builder.label(of: stage))1/\(total)] FROM \(shown)")
        builder.report(.cached(number))
    }

    private static func platform(of stage: Stage, by builder: Builder) throws -> Platform? {
        guard let text = stage.from.platform else { return nil }
        let expanded = try worded(stage.head.lines) { () throws(DockerfileError) in
            try builder.expandGlobal(text)
        }
        guard let platform = Platform(parsing: expanded) else {
            throw BuildFailure("invalid platform: \(expanded)", at: stage.head.lines)
        }
        return platform
    }

    /// What the stage begins with.
    private static func beginning(
        _ base: String, _ stage: Stage, _ platform: Platform?, _ builder: Builder
    ) throws -> StageResult {
        if let other = builder.request.plan.stage(base, before: stage.number), Int(base) == nil {
            return try builder.result(of: other)
        }
        let wanted = platform ?? builder.request.platform
        guard base != "scratch" else {
            var configuration = ImageConfiguration(platform: wanted ?? .host, diffIDs: [])
            configuration.config = ImageConfiguration.Execution(
                environment: ["PATH=\(StageBuild.path)"])
            return StageResult(
                layers: [], configuration: configuration,
                created: builder.request.epoch.map { $0 * 1_000_000_000 } ?? 0, steps: [])
        }
        let image = try builder.fetch(
            builder.request.images[base] ?? base, platform: wanted, at: stage.head.lines)
        var configuration = try image.configuration()
        configuration.author = nil
        configuration.comment = nil
        configuration.dockerVersion = nil
        return StageResult(
            layers: image.diffIDs, configuration: configuration, created: image.created, steps: [])
    }

    /// Docker's PATH, where the image has none.
    static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Puts an instruction's place to its error.
    static func worded<Result>(
        _ lines: ClosedRange<Int>, _ body: () throws -> Result
    ) throws -> Result {
        do { return try body() } catch let error as BuildFailure { throw error } catch {
            throw BuildFailure("\(error)", at: lines)
        }
    }

    // MARK: Steps

    mutating func run() throws -> StageResult {
        for (instruction, step) in steps {
            try obey(instruction, step)
        }
        configuration.config = execution
        return StageResult(
            layers: layers, configuration: configuration, created: created, steps: keys)
    }

    private mutating func obey(_ instruction: Instruction, _ step: Step) throws {
        let lines = instruction.lines
        switch step {
        case .from: break
        case .arg(let declared):
            try Self.worded(lines) { for argument in declared { try declare(argument) } }
            note(instruction.text, comment: true)
        case .configure(let keyword, let text):
            try Self.worded(lines) { try configure(keyword, text) }
            note(instruction.text, comment: true)
        case .shell(let words):
            execution.shell = words
            note(instruction.text, comment: true)
        case .maintainer(let name):
            configuration.author = name
            note(instruction.text, comment: true)
        case .onbuild:
            execution.onBuild.append(instruction.arguments)
            note(instruction.text, comment: true)
        case .workdir(let path): try changeDirectory(path, instruction)
        case .run(let run): try self.run(run, instruction)
        case .copy(let copy): try self.copy(copy, instruction)
        }
    }

    private mutating func declare(_ argument: Step.Argument) throws {
        let fallback = try argument.fallback.map { try expand($0) }
        guard let value = builder.value(of: argument, fallback) else { return }
        arguments.removeAll { $0.name == argument.name }
        arguments.append((argument.name, value))
    }

    private mutating func configure(_ keyword: String, _ text: String) throws {
        if keyword == "ENTRYPOINT", !setsCommand { execution.command = nil }
        if keyword == "CMD" { setsCommand = true }
        try execution.apply(keyword, text, variables: variables, escape: escape)
    }

    /// What variables mean now: ENV beats ARG.
    var variables: [String] {
        execution.environment + arguments.map { "\($0.name)=\($0.value)" }
    }

    func expand(_ text: String) throws(DockerfileError) -> String {
        try DockerfileWords.expand(text, variables, escape: escape)
    }

    /// The ARGs that a program sees: those that no ENV hides.
    var visibleArguments: [String] {
        arguments.filter { argument in
            !execution.environment.contains { $0.hasPrefix("\(argument.name)=") }
        }.map { "\($0.name)=\($0.value)" }
    }

    // MARK: History

    /// A step that made no layer.
    mutating func note(_ text: String, comment: Bool) {
        configuration.history.append(
            ImageConfiguration.History(
                created: created == 0 ? nil : rfc3339(nanoseconds: created), createdBy: text,
                comment: "swocker", emptyLayer: true))
    }

    /// A step that made a layer, or would have.
    mutating func append(_ made: CachedLayer, _ text: String) {
        keys.append(made.key)
        created = max(created, made.created)
        var step = ImageConfiguration.History(
            created: rfc3339(nanoseconds: made.created), createdBy: text, comment: "swocker")
        if let layer = made.layer {
            layers.append(layer)
        } else {
            step.emptyLayer = true
        }
        configuration.history.append(step)
    }

    /// The next step that progress shows.
    mutating func title(_ instruction: Instruction) -> String {
        position += 1
        let text = instruction.text.split(separator: "\n").first.map(String.init) ?? ""
        return "[\(builder.label(of: stage))\(max(position, 1))/\(max(total, position))] \(text)"
    }

    var stepPlace: Digest {
        var hash = SHA256()
        hash.update(counted: request.identity)
        hash.update(counted: stage.name)
        hash.update(counted: "\(position)")
        return hash.finish()
    }
}

extension Step {
    /// Whether progress shows it.
    var isShown: Bool {
        switch self {
        case .run, .copy, .workdir: true
        default: false
        }
    }
}

extension StageResult {
    /// The instructions that the base has for its children, which happen now and only now.
    mutating func takeTriggers(escape: Character) throws -> [(Instruction, Step)] {
        let triggers = configuration.config?.onBuild ?? []
        configuration.config?.onBuild = []
        return try triggers.map {
            let instruction = try Instruction(trigger: $0)
            return (instruction, try instruction.step(escape: escape))
        }
    }
}
