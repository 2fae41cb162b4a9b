// SPDX-License-Identifier: Apache-2.0

import Glibc
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

    let format: String

    init(arguments: Arguments) { format = arguments.text("format") }

    func run(in invocation: Invocation) throws -> Int32 {
        let machine = Machine()
        switch format {
        case "": invocation.surroundings.print(Self.text(machine))
        case "json": invocation.surroundings.print(Self.value(machine).text() + "\n")
        default:
            throw UsageError("swocker: --format '\(format)' is not supported yet", exitCode: 64)
        }
        return 0
    }

    /// What uname(2) says, in Go's words for machines.
    struct Machine {
        var kernel = ""
        var architecture = ""

        init() {
            var name = utsname()
            guard uname(&name) == 0 else { return }
            kernel = Self.text(&name.release)
            switch Self.text(&name.machine) {
            case "x86_64": architecture = "amd64"
            case "aarch64": architecture = "arm64"
            case let other: architecture = other
            }
        }

        private static func text<Field>(_ field: inout Field) -> String {
            withUnsafeBytes(of: &field) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
    }

    static func text(_ machine: Machine) -> String {
        """
        Client:
         Version:           \(Version.number)
         API version:       \(Version.api)
         Git commit:        \(Version.commit)
         OS/Arch:           linux/\(machine.architecture)

        Server:
         Engine:
          Version:          \(Version.number)
          API version:      \(Version.api)
          Git commit:       \(Version.commit)
          OS/Arch:          linux/\(machine.architecture)
          Kernel version:   \(machine.kernel)

        """
    }

    /// Docker's JSON.
    static func value(_ machine: Machine) -> JSONValue {
        let common: [(String, JSONValue)] = [
            ("Version", .string(Version.number)), ("ApiVersion", .string(Version.api)),
            ("GitCommit", .string(Version.commit)), ("Os", "linux"),
            ("Arch", .string(machine.architecture)),
        ]
        let server = common + [("KernelVersion", .string(machine.kernel))]
        return ["Client": .object(JSONObject(common)), "Server": .object(JSONObject(server))]
    }
}
