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
    ///   - variables: what its variables mean, `K=V`; nil for the configuration's own.
    ///   - escape: the file's escape character.
    public mutating func apply(
        _ instruction: String, _ arguments: String, variables: [String]? = nil,
        escape: Character = "\\"
    ) throws(DockerfileError) {
        let variables = variables ?? environment
        func pairs() throws(DockerfileError) -> [(key: String, value: String)] {
            try DockerfileWords.pairs(arguments, of: instruction, variables, escape: escape)
        }
        func words() throws(DockerfileError) -> [String] {
            let json = instruction == "VOLUME" ? DockerfileWords.json(arguments) : nil
            return try (json ?? DockerfileWords.split(arguments, escape: escape)).map {
                word throws(DockerfileError) in
                try DockerfileWords.expand(word, variables, escape: escape)
            }
        }
        func only() throws(DockerfileError) -> String {
            guard !arguments.isEmpty else {
                throw DockerfileError("\(instruction) requires exactly one argument")
            }
            return try DockerfileWords.expand(arguments, variables, escape: escape)
        }
        switch instruction {
        case "CMD": command = commandLine(arguments)
        case "ENTRYPOINT": entrypoint = arguments.isEmpty ? nil : commandLine(arguments)
        case "ENV": setVariables(try pairs())
        case "EXPOSE": try expose(try words())
        case "HEALTHCHECK": healthcheck = try Self.healthcheck(arguments)
        case "LABEL":
            for (key, value) in try pairs() { labels[key] = value }
        case "ONBUILD": try addTrigger(arguments)
        case "STOPSIGNAL": stopSignal = try only()
        case "USER": user = try only()
        case "VOLUME": try addVolumes(try words())
        case "WORKDIR": try changeDirectory(to: try only())
        default:
            throw DockerfileError("\(instruction.lowercased()) is not a valid change command")
        }
    }

    /// `["a", "b"]`, or a line for the shell.
    private func commandLine(_ arguments: String) -> [String] {
        DockerfileWords.json(arguments) ?? (shell ?? ["/bin/sh", "-c"]) + [arguments]
    }

    private mutating func setVariables(_ pairs: [(key: String, value: String)]) {
        for (key, value) in pairs {
            let entry = "\(key)=\(value)"
            if let place = environment.firstIndex(where: { $0.hasPrefix("\(key)=") }) {
                environment[place] = entry
            } else {
                environment.append(entry)
            }
        }
    }

    private mutating func expose(_ words: [String]) throws(DockerfileError) {
        guard !words.isEmpty else { throw DockerfileError("EXPOSE requires at least one argument") }
        for text in words {
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

    private mutating func addVolumes(_ words: [String]) throws(DockerfileError) {
        guard !words.isEmpty else { throw DockerfileError("VOLUME requires at least one argument") }
        for word in words {
            let path = word.trimmed
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
