// SPDX-License-Identifier: Apache-2.0

import OCI

extension EngineCommand {
    /// Prints what `look` finds for each name; names that mean nothing do not keep the others from
    /// being printed.
    /// - Returns: the exit code: 64 for a template that does not parse, 1 for anything else.
    func inspect(
        _ names: [String], format: String, in surroundings: Surroundings,
        _ look: (String) throws -> (JSONValue, GoTypes)
    ) throws -> Int32 {
        var output: InspectOutput
        do {
            output = try InspectOutput(format: format, isTerminal: Terminal.output.isTerminal)
        } catch { throw UsageError(InspectOutput.errorPrefix + "\(error)", exitCode: 64) }
        var failures: [String] = []
        for name in names {
            do {
                let (object, types) = try look(name)
                try output.add(object, types: types)
            } catch let error as TemplateError {
                failures.append(InspectOutput.errorPrefix + "\(error)")
            } catch { failures.append(daemonError(error)) }
        }
        surroundings.print(output.text)
        for failure in failures { surroundings.complain("\(failure)\n") }
        return failures.isEmpty ? 0 : 1
    }
}
