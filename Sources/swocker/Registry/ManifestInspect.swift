// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker manifest inspect`: what a registry has under a name.
struct ManifestInspect: RegistryCommand {
    static let command = Command(
        "manifest inspect", operands: "MANIFEST",
        summary: "Show a manifest or an index of a registry", arity: .exactly(1),
        options: [
            Option(
                "verbose", "v", .flag, "Show descriptor, reference and the manifests of an index")
        ],
        examples: [Command.Example("manifest inspect alpine", "which platforms there are")])
    static let needsEngine = false

    let arguments: Arguments

    init(arguments: Arguments) { self.arguments = arguments }

    func fill(_ request: inout RegistryRequest, in invocation: Invocation) throws {
        _ = try clientReference(arguments.operands[0])
        var inspection = RegistryRequest.ManifestInspection(arguments.operands[0])
        inspection.isVerbose = arguments.flag("verbose")
        request.manifest = inspection
    }
}
