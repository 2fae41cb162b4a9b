// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// What an instruction means. Variables in it still stand for themselves: their values are known only
/// when its turn comes.
public enum Step: Equatable, Sendable {
    case from(FromStep)
    /// Names, with what they are when nobody says otherwise.
    case arg([Argument])
    case run(RunStep)
    /// COPY and ADD.
    case copy(CopyStep)
    case workdir(String)
    case shell([String])
    case maintainer(String)
    case onbuild(Instruction)
    /// One that changes nothing but the configuration, by its keyword and what follows it.
    case configure(String, String)

    /// A variable that a build may be given.
    public struct Argument: Equatable, Sendable {
        public let name: String
        public let fallback: String?
    }
}

/// `FROM [--platform=P] BASE [AS NAME]`.
public struct FromStep: Equatable, Sendable {
    public let base: String
    public let platform: String?
    /// In small letters.
    public let name: String?
}

extension Instruction {
    /// What it means.
    /// - Parameter escape: the file's escape character.
    public func step(escape: Character) throws(DockerfileFailure) -> Step {
        do throws(DockerfileError) {
            return try understood(escape)
        } catch {
            throw DockerfileFailure(error.description, at: lines)
        }
    }

    private func understood(_ escape: Character) throws(DockerfileError) -> Step {
        switch keyword {
        case "FROM": return .from(try FromStep(self))
        case "RUN": return .run(try RunStep(self, escape: escape))
        case "COPY", "ADD": return .copy(try CopyStep(self, escape: escape))
        case "ARG": return .arg(try arguments(escape))
        case "HEALTHCHECK":
            var probe = ImageConfiguration.Execution()
            try probe.apply(keyword, flagsAndArguments)
            return .configure(keyword, flagsAndArguments)
        default: break
        }
        try allow([])
        switch keyword {
        case "WORKDIR":
            guard !arguments.isEmpty else {
                throw DockerfileError("WORKDIR requires exactly one argument")
            }
            return .workdir(arguments)
        case "MAINTAINER":
            guard !arguments.isEmpty else {
                throw DockerfileError("MAINTAINER requires exactly one argument")
            }
            return .maintainer(arguments)
        case "SHELL":
            guard let words = DockerfileWords.json(arguments), !words.isEmpty else {
                throw DockerfileError("SHELL requires the arguments to be in JSON form")
            }
            return .shell(words)
        case "ONBUILD":
            var probe = ImageConfiguration.Execution()
            try probe.apply(keyword, arguments)
            return .onbuild(try trigger(escape))
        default:
            return .configure(keyword, try checked(escape))
        }
    }

    /// What can be said of it before its variables are known.
    private func checked(_ escape: Character) throws(DockerfileError) -> String {
        guard !arguments.isEmpty || keyword == "CMD" || keyword == "ENTRYPOINT" else {
            let one = ["USER", "STOPSIGNAL"].contains(keyword)
            throw DockerfileError(
                "\(keyword) requires \(one ? "exactly" : "at least") one argument")
        }
        if ["ENV", "LABEL"].contains(keyword) {
            _ = try DockerfileWords.assignments(arguments, of: keyword, escape: escape)
        }
        return arguments
    }

    private func trigger(_ escape: Character) throws(DockerfileError) -> Instruction {
        do throws(DockerfileFailure) {
            let inner = try Instruction(trigger: arguments)
            _ = try inner.step(escape: escape)
            return inner
        } catch { throw DockerfileError(error.reason) }
    }

    private func arguments(_ escape: Character) throws(DockerfileError) -> [Step.Argument] {
        try allow([])
        let words = DockerfileWords.split(arguments, escape: escape)
        guard !words.isEmpty else { throw DockerfileError("ARG requires at least one argument") }
        return try words.map { word throws(DockerfileError) in
            let parts = word.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first, !name.isEmpty else {
                throw DockerfileError("ARG names can not be blank")
            }
            return Step.Argument(
                name: String(name), fallback: parts.count == 2 ? String(parts[1]) : nil)
        }
    }

    /// Refuses flags that the instruction does not have.
    func allow(_ names: Set<String>) throws(DockerfileError) {
        for flag in flags where !names.contains(flag.name) {
            throw DockerfileError("unknown flag: --\(flag.name)")
        }
    }

    /// A flag's last value; nil where it is not given.
    func value(of name: String) throws(DockerfileError) -> String? {
        guard let flag = flags.last(where: { $0.name == name }) else { return nil }
        guard flags.count(where: { $0.name == name }) == 1 else {
            throw DockerfileError("duplicate flag specified: \(name)")
        }
        guard let value = flag.value else {
            throw DockerfileError("missing a value on flag: \(name)")
        }
        return value
    }

    func values(of name: String) throws(DockerfileError) -> [String] {
        try flags.filter { $0.name == name }.map { flag throws(DockerfileError) in
            guard let value = flag.value else {
                throw DockerfileError("missing a value on flag: \(name)")
            }
            return value
        }
    }

    func isOn(_ name: String) throws(DockerfileError) -> Bool {
        guard let flag = flags.last(where: { $0.name == name }) else { return false }
        switch flag.value?.lowercased() {
        case nil, "true", "1", "t": return true
        case "false", "0", "f": return false
        default:
            throw DockerfileError(
                "expecting boolean value for flag \(name), not: \(flag.value ?? "")")
        }
    }
}

extension FromStep {
    init(_ instruction: Instruction) throws(DockerfileError) {
        try instruction.allow(["platform"])
        platform = try instruction.value(of: "platform")
        let words = instruction.arguments.split(whereSeparator: \.isBlank).map(String.init)
        guard words.count == 1 || words.count == 3 && words[1].uppercased() == "AS" else {
            throw DockerfileError("FROM requires either one or three arguments")
        }
        base = words[0]
        name = words.count == 3 ? words[2].lowercased() : nil
        if let name, !Self.isName(name) {
            throw DockerfileError(
                "invalid name for build stage: \"\(words[2])\", name can't start"
                    + " with a number or contain symbols")
        }
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (0x61...0x7A).contains(first) else { return false }
        return name.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "-_.".utf8.contains($0)
        }
    }
}
