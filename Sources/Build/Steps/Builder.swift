// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
public import Images
internal import Linux
internal import OCI

/// Builds a stage of a Dockerfile, and of the others what it needs.
public final class Builder {
    let request: BuildRequest
    let site: any Worksite
    let report: (BuildEvent) -> Void
    /// What FROM lines see.
    private var globals: [String: String] = [:]
    private var done: [Int: StageResult] = [:]
    private var lastNumber = 0

    /// - Parameter report: told of everything as it happens.
    public init(
        _ request: BuildRequest, on site: any Worksite, report: @escaping (BuildEvent) -> Void
    ) {
        self.request = request
        self.site = site
        self.report = report
    }

    /// The image to be recorded.
    /// - Throws: `BuildFailure`.
    public func build() throws -> BuiltImage {
        do throws(DockerfileError) { try evaluateGlobals() } catch {
            throw BuildFailure(error.description, at: nil)
        }
        let target: Stage
        do throws(DockerfileFailure) { target = try request.plan.target(request.target) } catch {
            throw BuildFailure(error.description, at: nil)
        }
        let result = try self.result(of: target)
        var configuration = result.configuration
        if !request.labels.isEmpty {
            var execution = configuration.config ?? ImageConfiguration.Execution()
            for (key, value) in request.labels { execution.labels[key] = value }
            configuration.config = execution
        }
        configuration.created = rfc3339(nanoseconds: result.created)
        var image = BuiltImage(configuration: configuration, layers: result.layers)
        image.steps = result.steps
        image.annotations = request.annotations
        image.references = request.references
        return image
    }

    // MARK: Variables of FROM lines

    private func evaluateGlobals() throws(DockerfileError) {
        let platform = request.platform ?? .host
        for (prefix, platform) in [("TARGET", platform), ("BUILD", Platform.host)] {
            globals["\(prefix)PLATFORM"] = "\(platform)"
            globals["\(prefix)OS"] = platform.os
            globals["\(prefix)ARCH"] = platform.architecture
            globals["\(prefix)VARIANT"] = platform.variant ?? ""
        }
        globals["TARGETSTAGE"] = request.target ?? "default"
        for argument in request.plan.globals {
            if let given = request.arguments[argument.name] {
                globals[argument.name] = given
            } else if let fallback = argument.fallback {
                globals[argument.name] = try expandGlobal(fallback)
            }
        }
    }

    func expandGlobal(_ text: String) throws(DockerfileError) -> String {
        try DockerfileWords.expand(
            text, globals.map { "\($0)=\($1)" }, escape: request.plan.file.directives.escape)
    }

    /// What an ARG of a stage is: as given, as the file's top says, or by its own default.
    func value(of argument: Step.Argument, _ fallback: String?) -> String? {
        request.arguments[argument.name] ?? fallback ?? globals[argument.name]
    }

    // MARK: Stages

    /// A stage's result, made when it is asked for the first time.
    func result(of stage: Stage) throws -> StageResult {
        if let known = done[stage.number] { return known }
        var work = try StageBuild(stage, by: self)
        let result = try work.run()
        done[stage.number] = result
        return result
    }

    /// How a stage is called in front of its steps; nothing where there is but one.
    func label(of stage: Stage) -> String {
        guard request.plan.stages.count > 1 else { return "" }
        return (stage.from.name ?? "stage-\(stage.number)") + " "
    }

    /// The tree that `--from` and `from=` name.
    func tree(_ name: String, before stage: Stage, at lines: ClosedRange<Int>) throws -> FileTree {
        if let other = request.plan.stage(name, before: stage.number) {
            return try tree(of: try result(of: other).layers)
        }
        if let tree = request.trees[name] { return tree }
        guard Int(name) == nil else {
            throw BuildFailure("invalid from flag value \(name): invalid stage index", at: lines)
        }
        let image = try fetch(request.images[name] ?? name, platform: nil, at: lines)
        return try tree(of: image.diffIDs)
    }

    func tree(of layers: [Digest]) throws -> FileTree {
        FileTree(root: layers.isEmpty ? nil : try site.tree(of: layers))
    }

    func fetch(
        _ name: String, platform: Platform?, at lines: ClosedRange<Int>
    ) throws -> Image {
        do { return try site.image(name, platform: platform) } catch {
            throw BuildFailure("\(name): failed to resolve source metadata: \(error)", at: lines)
        }
    }

    // MARK: Progress

    /// Begins something that progress shows.
    /// - Returns: its number.
    func begin(_ name: String) -> Int {
        lastNumber += 1
        report(.began(lastNumber, name))
        return lastNumber
    }

    /// Does something that progress shows.
    public func step<Result>(_ name: String, _ body: (Int) throws -> Result) throws -> Result {
        let number = begin(name)
        do {
            let result = try body(number)
            report(.ended(number))
            return result
        } catch {
            report(.failed(number, "\(error)"))
            throw error
        }
    }
}

/// What a stage has come to.
struct StageResult {
    var layers: [Digest]
    var configuration: ImageConfiguration
    /// Nanoseconds since 1970.
    var created: Int64
    /// The keys of the steps that made it.
    var steps: [Digest]
}

/// A time as documents carry it, in UTC.
func rfc3339(nanoseconds: Int64) -> String {
    var seconds = time_t(nanoseconds / 1_000_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ number: some BinaryInteger, _ digits: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
    let fraction = nanoseconds % 1_000_000_000
    return padded(parts.tm_year + 1900, 4) + "-" + padded(parts.tm_mon + 1, 2) + "-"
        + padded(parts.tm_mday, 2) + "T" + padded(parts.tm_hour, 2) + ":" + padded(parts.tm_min, 2)
        + ":" + padded(parts.tm_sec, 2) + (fraction > 0 ? ".\(padded(fraction, 9))" : "") + "Z"
}

extension Builder {
    /// Says something about what is under way.
    public func note(_ number: Int, _ text: String) { report(.note(number, text)) }
}
