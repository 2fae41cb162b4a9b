// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc
import OCI

/// A command that another program does, the one that speaks with registries. This one parses, and
/// becomes it.
protocol RegistryCommand: RunnableCommand {
    /// Whether it changes the store, which only root may.
    static var needsEngine: Bool { get }
    /// Adds what is asked for.
    func fill(_ request: inout RegistryRequest, in invocation: Invocation) throws
}

extension RegistryCommand {
    func run(in invocation: Invocation) throws -> Int32 {
        var request = try invocation.registryRequest(needsEngine: Self.needsEngine)
        try fill(&request, in: invocation)
        do {
            try RegistryProgram(path: InstalledProgram().registryProgram).execute(request)
        } catch {
            throw UsageError("swocker: \(error)")
        }
        return 1
    }
}

extension Invocation {
    fileprivate func registryRequest(needsEngine: Bool) throws -> RegistryRequest {
        if needsEngine { return try engine().registryRequest() }
        return RegistryRequest(
            root: options.root, state: options.state, client: clientDirectory)
    }
}

/// The reference of a command line, or Docker's client's words about it.
func clientReference(_ text: String) throws -> Reference {
    do { return try Reference(parsing: text) } catch { throw UsageError("\(error)") }
}
