// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Linux
public import OCI

/// A profile as `--security-opt seccomp=<file>` takes it: the specification's filter, with rules
/// that hold only for some capabilities, architectures and kernels.
/// https://docs.docker.com/engine/security/seccomp/
public struct DockerSeccompProfile: Sendable {
    private let document: JSONValue

    /// Reads a profile's JSON; the conditions are weighed later, by `seccomp`.
    public init(json bytes: [UInt8]) throws(SeccompProfileError) {
        do { document = try JSONValue(parsing: bytes) } catch {
            throw SeccompProfileError(description: "decoding seccomp profile failed: \(error)")
        }
        guard document.objectValue != nil else {
            throw SeccompProfileError(
                description: "decoding seccomp profile failed: it is not an object")
        }
    }

    /// The filter for a container with this bounding set, on this machine.
    /// - Parameter kernel: the running kernel's release, such as "6.1.0-13-amd64".
    public func seccomp(
        capabilities: CapabilitySet, architecture: String = SeccompFilter.nativeArchitecture,
        kernel: String = Self.runningKernel
    ) throws(SeccompProfileError) -> Seccomp {
        guard let action = document["defaultAction"]?.stringValue else {
            throw SeccompProfileError(description: "the seccomp profile has no defaultAction")
        }
        let machine = Machine(capabilities, architecture, KernelVersion(kernel))
        var seccomp = Seccomp(
            defaultAction: action, defaultErrnoRet: try number("defaultErrnoRet", of: document))
        seccomp.architectures = try architectures(for: machine)
        seccomp.flags = strings("flags", of: document)
        guard document["listenerPath"]?.stringValue ?? "" == "" else {
            throw SeccompProfileError(
                description: "the seccomp profile's listenerPath is not supported yet")
        }
        for rule in document["syscalls"]?.arrayValue ?? [] where try machine.wants(rule) {
            seccomp.syscalls.append(try self.rule(rule))
        }
        guard !seccomp.notifies else {
            throw SeccompProfileError(
                description: "the seccomp action SCMP_ACT_NOTIFY is not supported yet")
        }
        return seccomp
    }

    /// uname(2)'s release.
    public static var runningKernel: String {
        var names = utsname()
        guard uname(&names) == 0 else { return "" }
        return withUnsafeBytes(of: &names.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    private func architectures(
        for machine: Machine
    ) throws(SeccompProfileError) -> [String] {
        let listed = strings("architectures", of: document)
        let map = document["archMap"]?.arrayValue ?? []
        if map.isEmpty { return listed }
        guard listed.isEmpty else {
            throw SeccompProfileError(
                description: "both 'architectures' and 'archMap' were specified in the seccomp "
                    + "profile, use either 'architectures' or 'archMap'")
        }
        let own = "SCMP_ARCH_\(machine.architecture.uppercased())"
        for entry in map where entry["architecture"]?.stringValue == own {
            return [own] + strings("subArchitectures", of: entry)
        }
        return []
    }

    private func rule(_ value: JSONValue) throws(SeccompProfileError) -> Seccomp.Rule {
        var names = strings("names", of: value)
        if let name = value["name"]?.stringValue, !name.isEmpty {
            guard names.isEmpty else {
                throw SeccompProfileError(
                    description: "both 'name' and 'names' were specified in the seccomp profile, "
                        + "use either 'name' or 'names'")
            }
            names = [name]
        }
        guard let action = value["action"]?.stringValue else {
            throw SeccompProfileError(description: "a rule of the seccomp profile has no action")
        }
        var args: [Seccomp.Argument] = []
        for argument in value["args"]?.arrayValue ?? [] {
            guard let index = try number("index", of: argument),
                let op = argument["op"]?.stringValue
            else {
                throw SeccompProfileError(
                    description: "an argument of the seccomp profile lacks its index or op")
            }
            args.append(
                .init(
                    index: index, op: op, value: wide("value", of: argument),
                    valueTwo: wide("valueTwo", of: argument)))
        }
        return Seccomp.Rule(
            names, action: action, errnoRet: try number("errnoRet", of: value), args: args)
    }

    private func number(
        _ key: String, of value: JSONValue
    ) throws(SeccompProfileError) -> UInt32? {
        guard let member = value[key], member != .null else { return nil }
        guard let number = member.integerValue.flatMap({ UInt32(exactly: $0) }) else {
            throw SeccompProfileError(description: "the seccomp profile's \(key) is no number")
        }
        return number
    }

    private func wide(_ key: String, of value: JSONValue) -> UInt64 {
        if case .unsigned(let number)? = value[key] { return number }
        return UInt64(clamping: value[key]?.integerValue ?? 0)
    }
}

private func strings(_ key: String, of value: JSONValue) -> [String] {
    (value[key]?.arrayValue ?? []).compactMap(\.stringValue)
}

/// What a rule's `includes` and `excludes` are measured against.
private struct Machine {
    let capabilities: CapabilitySet
    let architecture: String
    let kernel: KernelVersion

    init(_ capabilities: CapabilitySet, _ architecture: String, _ kernel: KernelVersion) {
        self.capabilities = capabilities
        self.architecture = architecture
        self.kernel = kernel
    }

    /// Go's name, which profiles use.
    private var goArchitecture: String {
        switch architecture {
        case "x86_64": "amd64"
        case "aarch64": "arm64"
        default: architecture
        }
    }

    /// A rule is in force when all that it includes holds and nothing that it excludes does.
    func wants(_ rule: JSONValue) throws(SeccompProfileError) -> Bool {
        if let includes = rule["includes"] {
            let arches = strings("arches", of: includes)
            if !arches.isEmpty && !arches.contains(goArchitecture) { return false }
            if !strings("caps", of: includes).allSatisfy(has) { return false }
            if let least = try leastKernel(of: includes), kernel < least { return false }
        }
        if let excludes = rule["excludes"] {
            if strings("arches", of: excludes).contains(goArchitecture) { return false }
            if strings("caps", of: excludes).contains(where: has) { return false }
            if let least = try leastKernel(of: excludes), !(kernel < least) { return false }
        }
        return true
    }

    private func has(_ name: String) -> Bool {
        Capability(name: name).map(capabilities.contains) ?? false
    }

    private func leastKernel(
        of condition: JSONValue
    ) throws(SeccompProfileError) -> KernelVersion? {
        guard let text = condition["minKernel"]?.stringValue, !text.isEmpty else { return nil }
        let version = KernelVersion(text)
        guard version.isValid else {
            throw SeccompProfileError(description: "invalid minKernel \"\(text)\"")
        }
        return version
    }
}

/// The first two numbers of a kernel's release.
private struct KernelVersion: Comparable {
    let major: Int
    let minor: Int
    var isValid: Bool { major >= 0 && minor >= 0 }

    init(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 2).map { part in
            Int(part.prefix { $0.isNumber && $0.isASCII }) ?? -1
        }
        major = parts.first ?? -1
        minor = parts.dropFirst().first ?? -1
    }

    static func < (left: KernelVersion, right: KernelVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}
