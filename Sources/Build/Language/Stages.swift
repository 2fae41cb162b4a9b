// SPDX-License-Identifier: Apache-2.0

/// One FROM and what follows it up to the next.
public struct Stage: Equatable, Sendable {
    /// Counted from 0.
    public let number: Int
    public let from: FromStep
    /// The FROM.
    public let head: Instruction
    public let steps: [(instruction: Instruction, step: Step)]

    /// What else it is called by: its number always.
    var name: String { from.name ?? "\(number)" }

    /// Equal when made of equal lines.
    public static func == (one: Stage, other: Stage) -> Bool {
        one.number == other.number && one.head == other.head
            && one.steps.map(\.instruction) == other.steps.map(\.instruction)
    }
}

/// A Dockerfile as stages.
public struct BuildPlan: Equatable, Sendable {
    /// The arguments that FROM lines see.
    public let globals: [Step.Argument]
    public let stages: [Stage]
    public let file: Dockerfile

    /// Understands every instruction, so that nothing is begun that cannot be ended.
    public init(_ file: Dockerfile) throws(DockerfileFailure) {
        var globals: [Step.Argument] = []
        var stages: [Stage] = []
        var head: (instruction: Instruction, from: FromStep)?
        var steps: [(instruction: Instruction, step: Step)] = []
        func close() {
            guard let head else { return }
            stages.append(
                Stage(
                    number: stages.count, from: head.from, head: head.instruction, steps: steps))
            steps = []
        }
        for instruction in file.instructions {
            let step = try instruction.step(escape: file.directives.escape)
            switch step {
            case .from(let from):
                close()
                head = (instruction, from)
            case .arg(let arguments) where head == nil: globals += arguments
            default:
                guard head != nil else {
                    throw DockerfileFailure(
                        "no build stage in current context", at: instruction.lines)
                }
                steps.append((instruction, step))
            }
        }
        close()
        guard !stages.isEmpty else {
            throw DockerfileFailure("no build stage in current context", at: nil)
        }
        (self.globals, self.stages, self.file) = (globals, stages, file)
    }

    /// The stage that a name or number means, among those before `end`.
    func stage(_ name: String, before end: Int? = nil) -> Stage? {
        let candidates = stages.prefix(end ?? stages.count)
        let name = name.lowercased()
        return candidates.last { $0.from.name == name }
            ?? Int(name).flatMap { number in candidates.first { $0.number == number } }
    }

    /// The stage to be built.
    /// - Parameter target: a name or number; nil or empty for the last one.
    public func target(_ target: String?) throws(DockerfileFailure) -> Stage {
        guard let target, !target.isEmpty else { return stages[stages.count - 1] }
        guard let stage = stage(target) else {
            throw DockerfileFailure("target stage \"\(target)\" could not be found", at: nil)
        }
        return stage
    }
}
