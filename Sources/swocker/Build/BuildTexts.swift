// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc
import Linux
import OCI

/// `-t`: a repository and perhaps a tag.
enum TagText {
    static func check(_ text: String) throws {
        do { _ = try reference(text) } catch {
            throw InvalidValue("invalid tag \"\(text)\": \(error)")
        }
    }

    static func reference(_ text: String) throws -> Reference {
        let reference = try Reference(parsing: text)
        guard reference.digest == nil else {
            throw InvalidValue("refusing to create a tag with a digest reference")
        }
        return reference.tagged
    }
}

/// `--allow`.
enum AllowText {
    static func check(_ text: String) throws {
        guard ["network.host", "security.insecure"].contains(text) else {
            throw InvalidValue("unknown entitlement \(text)")
        }
    }
}

/// `--network` of a build.
enum BuildNetworkText {
    static func check(_ text: String) throws {
        guard ["default", "bridge", "none", "host", ""].contains(text) else {
            throw InvalidValue("network mode \"\(text)\" is not supported by the builder")
        }
    }
}

/// `-o`: `type=T,dest=PATH`, or a path alone.
enum BuildOutputText {
    static func parse(_ text: String) throws(InvalidValue) -> BuildOutput {
        var type: String?
        var destination: String?
        let fields = try CommaRecord.fields(text)
        if fields.count == 1, !text.contains("=") {
            return text == "-" ? .tar(nil) : .directory(text)
        }
        for field in fields {
            let (key, value) = CommaRecord.pair(field)
            switch (key, value) {
            case ("type", let value?): type = value
            case ("dest", let value?): destination = value
            case ("push", "false"),
                ("push", nil) where value == "false":
                break
            case ("name", _), ("tar", "true"): break
            default: throw InvalidValue("output option \(field) is not supported yet")
            }
        }
        let file = destination == "-" ? nil : destination
        switch type {
        case "local":
            guard let destination else { throw InvalidValue("dest is required for local output") }
            return .directory(destination)
        case "tar": return .tar(file)
        case "docker" where destination == nil, "image": return .image
        case "docker": return .archive(file)
        case "oci": return .archive(file)
        case "cacheonly": return .nothing
        case "registry": throw InvalidValue("type=registry is not supported yet")
        case nil: throw InvalidValue("type is required for output")
        case let other?: throw InvalidValue("unknown output type \(other)")
        }
    }

    static func writesToTerminal(_ output: BuildOutput) -> Bool {
        switch output {
        case .tar(nil), .archive(nil): isatty(STDOUT_FILENO) == 1
        default: false
        }
    }
}

/// `--secret`: `id=name[,src=file|,env=variable]`.
enum SecretText {
    static func parse(
        _ text: String, environment: (String) -> String?
    ) throws -> (id: String, bytes: [UInt8]) {
        var id = ""
        var source: String?
        var variable: String?
        var type = ""
        for field in try CommaRecord.fields(text) {
            let (key, value) = CommaRecord.pair(field)
            switch (key, value) {
            case ("id", let value?): id = value
            case ("src", let value?), ("source", let value?): source = value
            case ("env", let value?): variable = value
            case ("type", let value?): type = value
            default: throw UsageError("ERROR: invalid field '\(inert(field))' in --secret")
            }
        }
        guard ["", "file", "env"].contains(type) else {
            throw UsageError("ERROR: unsupported secret type \"\(inert(type))\"")
        }
        guard !id.isEmpty else { throw UsageError("ERROR: a secret needs an id") }
        if type == "env", variable == nil { (variable, source) = (source ?? id, nil) }
        if let variable { return (id, Array((environment(variable) ?? "").utf8)) }
        if source == nil, type.isEmpty, let value = environment(id) {
            return (id, Array(value.utf8))
        }
        do {
            return (id, try contents(of: source ?? id, limit: 500 << 10))
        } catch { throw UsageError("ERROR: failed to read secret \(inert(id)): \(error)") }
    }
}
