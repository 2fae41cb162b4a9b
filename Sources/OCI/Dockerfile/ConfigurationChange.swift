// SPDX-License-Identifier: Apache-2.0

extension ImageConfiguration.Execution {
    /// Applies instructions of a Dockerfile that change nothing but an image's configuration, as
    /// `commit --change` and `import --change` take them. Several may stand in one text, a line each.
    ///
    /// An ENTRYPOINT takes the command away, unless a CMD was among the lines before.
    public mutating func apply(changes: [String]) throws(DockerfileError) {
        var setsCommand = false
        for line in changes.flatMap({ $0.split(whereSeparator: \.isNewline) }) {
            let text = line.trimmed
            guard !text.isEmpty, !text.hasPrefix("#") else { continue }
            let name = text.prefix { $0 != " " && $0 != "\t" }
            let arguments = text.dropFirst(name.count).trimmed
            let instruction = name.uppercased()
            if instruction == "ENTRYPOINT", !setsCommand { command = nil }
            if instruction == "CMD" { setsCommand = true }
            try apply(instruction, arguments)
        }
    }

    /// Applies one instruction.
    /// - Parameters:
    ///   - instruction: in capital letters.
    ///   - arguments: what stands behind it, in one line.
    public mutating func apply(
        _ instruction: String, _ arguments: String
    ) throws(DockerfileError) {
        switch instruction {
        case "CMD": command = commandLine(arguments)
        case "ENTRYPOINT": entrypoint = arguments.isEmpty ? nil : commandLine(arguments)
        case "ENV": try setVariables(arguments)
        case "EXPOSE": try expose(arguments)
        case "HEALTHCHECK": healthcheck = try Self.healthcheck(arguments)
        case "LABEL":
            for (key, value) in try DockerfileWords.pairs(arguments, of: "LABEL", environment) {
                labels[key] = value
            }
        case "ONBUILD": try addTrigger(arguments)
        case "STOPSIGNAL": stopSignal = try only(arguments, of: "STOPSIGNAL")
        case "USER": user = try only(arguments, of: "USER")
        case "VOLUME": try addVolumes(arguments)
        case "WORKDIR": try changeDirectory(to: try only(arguments, of: "WORKDIR"))
        default:
            throw DockerfileError("\(instruction.lowercased()) is not a valid change command")
        }
    }

    /// `["a", "b"]`, or a line for the shell.
    private func commandLine(_ arguments: String) -> [String] {
        DockerfileWords.json(arguments) ?? (shell ?? ["/bin/sh", "-c"]) + [arguments]
    }

    private func only(_ arguments: String, of name: String) throws(DockerfileError) -> String {
        guard !arguments.isEmpty else {
            throw DockerfileError("\(name) requires exactly one argument")
        }
        return try DockerfileWords.expand(arguments, environment)
    }

    private mutating func setVariables(_ arguments: String) throws(DockerfileError) {
        // Every value sees the variables from before the instruction.
        for (key, value) in try DockerfileWords.pairs(arguments, of: "ENV", environment) {
            let entry = "\(key)=\(value)"
            if let place = environment.firstIndex(where: { $0.hasPrefix("\(key)=") }) {
                environment[place] = entry
            } else {
                environment.append(entry)
            }
        }
    }

    private mutating func expose(_ arguments: String) throws(DockerfileError) {
        let words = DockerfileWords.split(arguments)
        guard !words.isEmpty else { throw DockerfileError("EXPOSE requires at least one argument") }
        for word in words {
            let text = try DockerfileWords.expand(word, environment)
            let invalid = DockerfileError("invalid containerPort: \(text)")
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            let transport = parts.count > 1 ? parts[1].lowercased() : "tcp"
            guard parts.count <= 2, let range = parts.first, !range.isEmpty else { throw invalid }
            guard ["tcp", "udp", "sctp"].contains(transport) else {
                throw DockerfileError("invalid proto: \(transport)")
            }
            let ends = range.split(separator: "-", omittingEmptySubsequences: false)
                .map { UInt16($0) }
            guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1],
                first <= last
            else { throw invalid }
            for port in first...last { exposedPorts["\(port)/\(transport)"] = .init() }
        }
    }

    private mutating func addTrigger(_ arguments: String) throws(DockerfileError) {
        let instruction = arguments.prefix { $0 != " " && $0 != "\t" }.uppercased()
        switch instruction {
        case "": throw DockerfileError("ONBUILD requires at least one argument")
        case "ONBUILD":
            throw DockerfileError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
        case "MAINTAINER", "FROM":
            throw DockerfileError("\(instruction) isn't allowed as an ONBUILD trigger")
        default: onBuild.append(arguments)
        }
    }

    private mutating func addVolumes(_ arguments: String) throws(DockerfileError) {
        let words = DockerfileWords.json(arguments) ?? DockerfileWords.split(arguments)
        guard !words.isEmpty else { throw DockerfileError("VOLUME requires at least one argument") }
        for word in words {
            let path = try DockerfileWords.expand(word, environment).trimmed
            guard !path.isEmpty else {
                throw DockerfileError("VOLUME specified can not be an empty string")
            }
            volumes[path] = .init()
        }
    }

    private mutating func changeDirectory(to path: String) throws(DockerfileError) {
        let whole = path.hasPrefix("/") ? path : "\(workingDirectory ?? "/")/\(path)"
        var names: [Substring] = []
        for name in whole.split(separator: "/") where name != "." {
            if name == ".." { _ = names.popLast() } else { names.append(name) }
        }
        workingDirectory = "/" + names.joined(separator: "/")
    }
}

extension StringProtocol {
    /// Without the blanks at both ends.
    fileprivate var trimmed: String {
        let start = drop { $0.isWhitespace }
        let end = start.lastIndex { !$0.isWhitespace }
        return end.map { String(start[...$0]) } ?? ""
    }
}
