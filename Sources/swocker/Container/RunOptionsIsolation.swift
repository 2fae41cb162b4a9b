// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

extension RunOptionsBuilder {
    /// Namespaces, privileges, names and addresses of others.
    func readIsolation(_ host: inout HostConfiguration) throws {
        host.privileged = arguments.flag("privileged")
        host.capAdd = CapabilityText.normalized(arguments.list("cap-add"))
        host.capDrop = CapabilityText.normalized(arguments.list("cap-drop"))
        host.groupAdd = arguments.list("group-add")
        host.pidMode = try ModeText.pid(arguments.text("pid"))
        host.ipcMode = try ModeText.ipc(arguments.text("ipc"))
        host.utsMode = try ModeText.hostOnly(arguments.text("uts"), option: "uts", name: "UTS")
        host.usernsMode = try ModeText.hostOnly(
            arguments.text("userns"), option: "userns", name: "USER")
        host.cgroupnsMode = try ModeText.cgroupns(arguments.text("cgroupns"))
        try readSecurity(&host)
        host.sysctls = pairs("sysctl")
        host.annotations = pairs("annotation")
        host.dns = arguments.list("dns")
        host.dnsOptions = arguments.list("dns-option")
        host.dnsSearch = arguments.list("dns-search")
        host.extraHosts = try arguments.list("add-host").map(ExtraHostText.parse)
        host.links = arguments.list("link")
        host.runtime = arguments.text("runtime")
    }

    /// `key=value` options as a map; the last value of a key counts.
    private func pairs(_ name: String) -> [String: String] {
        var result: [String: String] = [:]
        for text in arguments.list(name) {
            let (key, value) = splitOnce(text, at: "=")
            result[key] = value ?? ""
        }
        return result
    }

    private func readSecurity(_ host: inout HostConfiguration) throws {
        for option in arguments.list("security-opt") {
            if option == "systempaths=unconfined" {
                host.maskedPaths = []
                host.readonlyPaths = []
            } else {
                host.securityOpt.append(try SecurityText.resolved(option, read: client.read))
            }
        }
    }
}

/// Capability names: upper case, with `CAP_`, each once, in order.
enum CapabilityText {
    static func normalized(_ names: [String]) -> [String] {
        let names = names.map { name in
            let name = name.uppercased()
            return name == "ALL" || name.hasPrefix("CAP_") ? name : "CAP_\(name)"
        }
        return Set(names).sorted()
    }
}

/// The namespaces that a container may share.
enum ModeText {
    static func pid(_ text: String) throws -> String {
        guard text.isEmpty || text == "host" || namesContainer(text) else {
            throw InvalidValue("--pid: invalid PID mode")
        }
        return text
    }

    static func ipc(_ text: String) throws -> String {
        guard ["", "private", "shareable", "host", "none"].contains(text) || namesContainer(text)
        else { throw InvalidValue("invalid IPC mode: \(text)") }
        return text
    }

    static func cgroupns(_ text: String) throws -> String {
        guard ["", "host", "private"].contains(text) else {
            throw InvalidValue("--cgroupns: invalid CGROUP mode")
        }
        return text
    }

    static func hostOnly(_ text: String, option: String, name: String) throws -> String {
        guard text.isEmpty || text == "host" else {
            throw InvalidValue("--\(option): invalid \(name) mode")
        }
        return text
    }

    private static func namesContainer(_ text: String) -> Bool {
        text.hasPrefix("container:") && text != "container:"
    }
}

/// `--security-opt`, as far as the client has a part in it.
enum SecurityText {
    /// The option, with the file of a seccomp profile replaced by its content.
    static func resolved(_ option: String, read: (String) throws -> [UInt8]) throws -> String {
        var (key, value) = splitOnce(option, at: "=")
        if value == nil, key != "no-new-privileges" {
            (key, value) = splitOnce(option, at: ":")
            if value == nil { throw InvalidValue("Invalid --security-opt: \"\(option)\"") }
        }
        guard key == "seccomp", let value, value != "unconfined", value != "builtin" else {
            return option
        }
        let content: [UInt8]
        do { content = try read(value) } catch {
            throw InvalidValue("opening seccomp profile (\(value)) failed: \(error)")
        }
        do { return "seccomp=\(try JSONValue(parsing: content).text())" } catch {
            throw InvalidValue("compacting json for seccomp profile (\(value)) failed: \(error)")
        }
    }
}

/// Kernel settings that belong to a namespace and so may be set.
enum SysctlText {
    static func check(_ text: String) throws {
        let (key, value) = splitOnce(text, at: "=")
        let allowed =
            switch key {
            case "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall",
                "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced":
                true
            default: key.hasPrefix("net.") || key.hasPrefix("fs.mqueue.")
            }
        guard allowed, value != nil else { throw InvalidValue("sysctl '\(text)' is not allowed") }
    }
}
