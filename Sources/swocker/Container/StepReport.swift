// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Engine
import OCI

/// The kernel's steps of a start, for `--explain`: printed from the same plan that was run.
final class StepReport: @unchecked Sendable {
    private let format: ExplainFormat
    private var plan: Plan?
    private var timings: StepTimings?

    init(format: ExplainFormat) { self.format = format }

    /// Remembers the plan and makes room for its times.
    var observe: @Sendable (Plan) -> StepTimings? {
        { plan in
            self.plan = plan
            self.timings = StepTimings(for: plan)
            return self.timings
        }
    }

    /// Prints to standard error, beside the container's own output.
    func print(to surroundings: Surroundings) {
        guard let plan, let timings else { return }
        let sides = sidesOfSteps(plan)
        switch format {
        case .text:
            var text = ""
            for (index, step) in plan.steps.enumerated() {
                let explanation = step.explanation
                let time = padded(microseconds(timings.microseconds(index)), to: 9)
                text += "\(time) µs  \(sides[index])  \(explanation.sentence)\n"
                text += "                \(explanation.call)\n"
                text += "                $ \(explanation.shell)\n"
            }
            let sum = plan.steps.indices.reduce(0) { $0 + timings.microseconds($1) }
            text += "\(padded(microseconds(sum), to: 9)) µs  in \(plan.steps.count) steps\n"
            surroundings.complain(text)
        case .json:
            let steps = plan.steps.enumerated().map { index, step -> JSONValue in
                let explanation = step.explanation
                return [
                    "step": .integer(Int64(index + 1)), "side": .string(sides[index]),
                    "microseconds": .double(timings.microseconds(index)),
                    "action": .string(explanation.action), "call": .string(explanation.call),
                    "shell": .string(explanation.shell),
                    "sentence": .string(explanation.sentence),
                ]
            }
            surroundings.complain(JSONValue.array(steps).text(.inspect) + "\n")
        }
    }

    /// Who does each step: the engine, or the container's process to itself.
    private func sidesOfSteps(_ plan: Plan) -> [String] {
        let outside = plan.before.count + plan.meanwhile.count
        return plan.steps.indices.map { $0 < outside ? "engine" : "inside" }
    }

    private func microseconds(_ value: Double) -> String {
        let tenths = Int64((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    private func padded(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }
}
