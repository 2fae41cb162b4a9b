// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

/// `swocker version`: which program and which kernel this is. Client and engine are one program, so
/// both halves of Docker's answer are always there.
struct SystemVersion: RunnableCommand {
    static let command = Command(
        "version", summary: "Show the version of swocker and of the kernel", arity: .none,
        options: [Option("format", "f", .string, "'json', or a Go template")],
        examples: [
            Command.Example("version", "everything"),
            Command.Example("version -f json", "the same for programs"),
        ])

    let format: FactFormat

    init(arguments: Arguments) throws { format = try FactFormat(arguments.text("format")) }

    func run(in invocation: Invocation) throws -> Int32 {
        let machine = Machine.current
        if case .text = format {
            invocation.surroundings.print(Self.text(machine))
        } else {
            invocation.surroundings.print(try format.text(of: Self.document(machine)))
        }
        return 0
    }

    static func text(_ machine: Machine) -> String {
        """
        Client:
         Version:           \(Version.number)
         API version:       \(Version.api)
         Git commit:        \(Version.commit)
         OS/Arch:           linux/\(machine.architecture)
         Context:           default

        Server:
         Engine:
          Version:          \(Version.number)
          API version:      \(Version.api)
          Git commit:       \(Version.commit)
          OS/Arch:          linux/\(machine.architecture)
          Kernel version:   \(machine.kernel)

        """
    }

    /// Docker's JSON (Engine API 1.50, SystemVersion), as far as it has a meaning here.
    static func document(_ machine: Machine) -> JSONValue {
        let common: [(String, JSONValue)] = [
            ("Version", .string(Version.number)), ("ApiVersion", .string(Version.api)),
        ]
        let build: [(String, JSONValue)] = [
            ("GitCommit", .string(Version.commit)), ("Os", "linux"),
            ("Arch", .string(machine.architecture)),
        ]
        let client =
            common + [("DefaultAPIVersion", .string(Version.api))] + build
            + [("Context", "default")]
        let kernel: [(String, JSONValue)] = [("KernelVersion", .string(machine.kernel))]
        let server = common + [("MinAPIVersion", .string(Version.api))] + build + kernel
        let component: JSONValue = [
            "Name": "Engine", "Version": .string(Version.number),
            "Details": .object(JSONObject(Array(server.dropFirst()))),
        ]
        return [
            "Client": .object(JSONObject(client)),
            "Server": .object(
                JSONObject(
                    [("Platform", ["Name": "swocker"]), ("Components", [component])] + server)),
        ]
    }
}
