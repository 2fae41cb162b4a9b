// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Glibc
import Linux
import OCI

/// The forms of a list.
private let formatOption = Option(
    "format", "f", .value, "\"table\" or \"json\" (default: \"table\")")

private func isJSON(_ arguments: Arguments) throws -> Bool {
    switch arguments["format"] ?? "table" {
    case "table": false
    case "json": true
    case let other: throw UsageError("invalid format option: \(other)")
    }
}

/// `list`: the containers of this root.
enum ListCommand {
    static let entry = Entry(
        command: Command(
            "list", "", count: 0...0, "list the containers",
            [formatOption, Option("quiet", "q", .flag, "ids alone")])
    ) { arguments, context in
        let isJSON = try isJSON(arguments)
        let containers = try context.root.containers()
        if arguments.flag("quiet") {
            show(containers.map { "\($0.id)\n" }.joined())
        } else if isJSON {
            show(JSONValue.array(try containers.map { try $0.description() }).text())
        } else {
            show(try table(containers))
        }
        return 0
    }

    private static func table(_ containers: [RuntimeContainer]) throws -> String {
        var rows = [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]]
        for container in containers {
            let state = try container.state()
            rows.append([
                container.id, "\(state.pid)", state.status.rawValue, state.bundle,
                container.record.created, owner(container.record.owner),
            ])
        }
        let widths = rows[0].indices.map { column in
            max(12, (rows.map { $0[column].count }.max() ?? 0) + 3)
        }
        return rows.map { row in
            var line = ""
            for (text, width) in zip(row, widths) {
                line += text + String(repeating: " ", count: width - text.count)
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    private static func owner(_ uid: UInt32) -> String {
        guard uid != 0 else { return "root" }
        return "#\(uid)"
    }
}

/// `ps`: the processes of a container.
enum ProcessesCommand {
    static let entry = Entry(
        command: Command(
            "ps", "<container-id> [ps options]", count: 1...Int.max, "list a container's processes",
            operandsEndOptions: true, [formatOption])
    ) { arguments, context in
        let isJSON = try isJSON(arguments)
        let pids = try context.root.container(arguments.id).processes()
        if isJSON {
            show(JSONValue.array(pids.map { .integer(Int64($0)) }).text())
            return 0
        }
        let options = arguments.operands.dropFirst()
        return try table(of: pids, options.isEmpty ? ["-ef"] : Array(options))
    }

    /// Those rows of ps(1) that are the container's.
    private static func table(of pids: [pid_t], _ options: [String]) throws -> Int32 {
        let pipe = try DescriptorPair.pipe()
        let end = pipe.second.raw
        let program = Program(["ps"] + options, environment: inheritedEnvironment())
        let pidfd = try fork {
            dup2(end, 1)
            do throws(Errno) { try program.execute() } catch {
                complain("\(Root.name): ps: \(error)\n")
            }
            return 127
        }
        let output = String(decoding: try pipe.takeFirst().readAll(limit: 64 << 20), as: UTF8.self)
        guard try pidfd.reap() == .exited(code: 0) else { throw UsageError("ps failed") }
        let lines = output.split(separator: "\n")
        let titles = lines.first?.split(separator: " ") ?? []
        guard let column = titles.firstIndex(of: "PID") else {
            throw UsageError("couldn't find PID field in ps output")
        }
        for (number, line) in lines.enumerated() {
            let fields = line.split(separator: " ")
            let pid = fields.indices.contains(column) ? pid_t(fields[column]) : nil
            if number == 0 || pid.map(pids.contains) == true { show(line + "\n") }
        }
        return 0
    }
}
