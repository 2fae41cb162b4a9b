// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// `RUN`: a program that runs in the image as it is so far.
public struct RunStep: Equatable, Sendable {
    /// What runs.
    public enum Command: Equatable, Sendable {
        /// A line for the shell, with what its heredocs say.
        case shell(String)
        case exec([String])
        /// A script of its own, which names its interpreter.
        case script(name: String, content: String)
    }

    /// What it reaches of the network.
    public enum Network: String, Sendable { case `default`, none, host }

    public var command: Command
    public var mounts: [RunMount]
    public var network: Network
    /// Whether it runs with all privileges (`--security=insecure`).
    public var isInsecure: Bool

    init(_ instruction: Instruction, escape: Character) throws(DockerfileError) {
        try instruction.allow(["mount", "network", "security", "device"])
        guard instruction.flags.allSatisfy({ $0.name != "device" }) else {
            throw DockerfileError("RUN --device is not supported yet")
        }
        mounts = try instruction.values(of: "mount").map { text throws(DockerfileError) in
            try RunMount(parsing: text)
        }
        let network = try instruction.value(of: "network") ?? "default"
        guard let network = Network(rawValue: network) else {
            throw DockerfileError("invalid network mode \"\(network)\"")
        }
        self.network = network
        switch try instruction.value(of: "security") ?? "sandbox" {
        case "sandbox": isInsecure = false
        case "insecure": isInsecure = true
        case let other: throw DockerfileError("security \"\(other)\" is not valid")
        }
        command = try Self.command(of: instruction)
    }

    private static func command(
        of instruction: Instruction
    ) throws(DockerfileError) -> Command {
        let text = instruction.arguments
        if let words = DockerfileWords.json(text) {
            guard !words.isEmpty else {
                throw DockerfileError("RUN requires at least one argument")
            }
            return .exec(words)
        }
        guard !text.isEmpty else { throw DockerfileError("RUN requires at least one argument") }
        guard let first = instruction.heredocs.first else { return .shell(text) }
        // A heredoc alone is the program; with words around it, the shell reads it.
        if instruction.heredocs.count == 1, HeredocHead(text) != nil, first.descriptor.isEmpty {
            return first.content.hasPrefix("#!")
                ? .script(name: first.name, content: first.content) : .shell(first.content)
        }
        return .shell(
            ([text]
                + instruction.heredocs.map { "\($0.content)\($0.name)" })
                .joined(separator: "\n"))
    }
}

/// `RUN --mount=…`: something that is there only while the step runs.
///
/// https://docs.docker.com/reference/dockerfile/#run---mount
public struct RunMount: Equatable, Sendable {
    /// What is mounted.
    public enum Kind: String, Sendable { case bind, cache, tmpfs, secret, ssh }
    /// Who may use a cache at the same time.
    public enum Sharing: String, Sendable { case shared, `private`, locked }

    public var kind: Kind
    public var target = ""
    public var source = ""
    /// A stage, an image or a named context; nil for the context.
    public var from: String?
    public var id = ""
    public var isReadOnly: Bool
    public var sharing = Sharing.shared
    /// Octal; nil for the kind's own.
    public var mode: UInt32?
    public var user: UInt32 = 0
    public var group: UInt32 = 0
    public var isRequired = false
    /// Bytes of a tmpfs; 0 for no limit.
    public var size: Int64 = 0
    /// The variable that holds the secret.
    public var variable: String?

    init(parsing text: String) throws(DockerfileError) {
        var fields: [(key: String, value: String?)] = []
        for field in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = field.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields.append(
                (parts[0].lowercased(), parts.count == 2 ? String(parts[1]) : nil))
        }
        let type = fields.first { $0.key == "type" }?.value ?? "bind"
        guard let kind = Kind(rawValue: type) else {
            throw DockerfileError("unsupported mount type \"\(type)\"")
        }
        self.kind = kind
        isReadOnly = kind == .bind
        for (key, value) in fields where key != "type" { try set(key, value) }
        try complete()
    }

    private mutating func set(_ key: String, _ value: String?) throws(DockerfileError) {
        switch key {
        case "ro", "readonly":
            isReadOnly = try Self.boolean(key, value)
            return
        case "rw", "readwrite":
            isReadOnly = try !Self.boolean(key, value)
            return
        case "required":
            isRequired = try Self.boolean(key, value)
            return
        default: break
        }
        guard let value else {
            throw DockerfileError("invalid field '\(key)' must be a key=value pair")
        }
        switch key {
        case "target", "dst", "destination": target = value
        case "source", "src": source = value
        case "from": from = value.isEmpty ? nil : value
        case "id": id = value
        case "env": variable = value
        case "sharing":
            guard let sharing = Sharing(rawValue: value) else {
                throw DockerfileError("unsupported sharing value \"\(value)\"")
            }
            self.sharing = sharing
        case "mode": mode = try Self.number(value, radix: 8, of: key)
        case "uid": user = try Self.number(value, radix: 10, of: key)
        case "gid": group = try Self.number(value, radix: 10, of: key)
        case "size": size = try Self.size(value)
        default: throw DockerfileError("unexpected key '\(key)' in '\(key)=\(value)'")
        }
    }

    private mutating func complete() throws(DockerfileError) {
        switch kind {
        case .bind, .cache, .tmpfs:
            guard !target.isEmpty else {
                throw DockerfileError("mount target not specified")
            }
            if kind == .cache, id.isEmpty { id = target }
        case .secret, .ssh:
            if id.isEmpty {
                let name = target.split(separator: "/").last.map(String.init) ?? ""
                id = kind == .ssh ? "default" : name
                guard !id.isEmpty else {
                    throw DockerfileError("one of source, target required")
                }
            }
        }
    }

    private static func boolean(_ key: String, _ value: String?) throws(DockerfileError) -> Bool {
        switch value?.lowercased() {
        case nil, "true", "1": return true
        case "false", "0": return false
        default: throw DockerfileError("invalid value for \(key): \(value ?? "")")
        }
    }

    private static func number(
        _ text: String, radix: Int, of key: String
    ) throws(DockerfileError) -> UInt32 {
        guard let number = UInt32(text, radix: radix), radix != 8 || number <= 0o7777 else {
            throw DockerfileError("invalid value \(text) for \(key)")
        }
        return number
    }

    /// A number with `k`, `m`, `g`, and perhaps `b` behind it.
    private static func size(_ text: String) throws(DockerfileError) -> Int64 {
        let lower = text.lowercased()
        let digits = lower.prefix { $0.isASCII && $0.isNumber }
        let unit = lower.dropFirst(digits.count)
        let shift: Int64? =
            switch unit {
            case "", "b": 0
            case "k", "kb": 10
            case "m", "mb": 20
            case "g", "gb": 30
            default: nil
            }
        guard let number = Int64(digits), let shift, number < 1 << 32 else {
            throw DockerfileError("invalid value for size: \(text)")
        }
        return number << shift
    }
}
