// SPDX-License-Identifier: Apache-2.0

import Engine

/// A command that parses, calls the engine, and prints.
protocol EngineCommand: RunnableCommand {
    /// Does it and returns the exit code; what it throws is printed in Docker's form, with exit code 1.
    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32
}

extension EngineCommand {
    func run(in invocation: Invocation) throws -> Int32 {
        do {
            let engine = try invocation.engine()
            let code = try run(on: engine, in: invocation.surroundings)
            engine.foldLog()
            return code
        } catch let error as UsageError {
            throw error
        } catch {
            invocation.surroundings.complain("\(daemonError(error))\n")
            return 1
        }
    }

    /// Does something to each of several objects; one that fails does not keep the others from it.
    /// - Returns: the exit code: 1 if any failed.
    func forEach<Target>(
        of targets: [Target], in surroundings: Surroundings, _ body: (Target) throws -> Void
    ) -> Int32 {
        var code: Int32 = 0
        for target in targets {
            do { try body(target) } catch {
                surroundings.complain("\(daemonError(error))\n")
                code = 1
            }
        }
        return code
    }
}
