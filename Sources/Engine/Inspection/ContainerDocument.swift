// SPDX-License-Identifier: Apache-2.0

internal import Images
internal import Linux
public import OCI
internal import SQLite

extension Engine {
    /// All that is known of a container, as Docker's `inspect` has it (Engine API 1.50,
    /// ContainerInspect).
    /// - Parameter sizes: whether the disk is walked for `SizeRw` and `SizeRootFs`, in bytes.
    public func inspectContainer(_ text: String, sizes: Bool = false) throws -> JSONValue {
        let database = try open()
        let container = try container(text, in: database)
        let image = try Digest(hex: container.record.imageID).flatMap {
            try images.image(id: $0, in: database)
        }
        let lowers = image.map { images.layerDirectories(of: $0) } ?? []
        let state = state(of: container)
        var document = ContainerDocument(
            container: container, state: state,
            files: location.container(container.id), lowers: lowers)
        document.network = try NetworkSettings(of: container, in: database).value(pid: state.pid)
        if container.record.configuration.healthcheck != nil {
            document.health = try HealthTable.health(of: container.id, in: database)
        }
        if sizes {
            let written = diskUsage(of: document.files.upper)
            document.sizes = (written, written + (image?.size ?? 0))
        }
        return try document.value()
    }
}

/// A container in the shape of Docker's `inspect`.
struct ContainerDocument {
    let container: Container
    let state: ContainerState
    let files: ContainerFiles
    /// The layers' directories, topmost first.
    let lowers: [String]
    /// Docker's `NetworkSettings`.
    var network = JSONValue.null
    /// What its health check has found; nil without one.
    var health: Health?
    /// What the container wrote, and that with its image; nil when nobody asked.
    var sizes: (written: Int64, all: Int64)?

    func value() throws -> JSONValue {
        let record = container.record
        let words = record.commandLine
        var members: [(String, JSONValue)] = [
            ("Id", .string(container.id)), ("Created", .string(container.created.rfc3339Nano)),
            ("Path", .string(words.first ?? "")),
            ("Args", .array(words.dropFirst().map(JSONValue.string))), ("State", stateValue),
            ("Image", .string("sha256:\(record.imageID)")),
            ("ResolvConfPath", .string(files.resolvConf)),
            ("HostnamePath", .string(files.hostname)), ("HostsPath", .string(files.hosts)),
            ("LogPath", .string(logPath)),
            ("Name", .string("/\(container.name)")),
            ("RestartCount", .integer(Int64(container.restartCount))),
            ("Driver", "overlay2"), ("Platform", .string(record.platform)), ("MountLabel", ""),
            ("ProcessLabel", ""), ("AppArmorProfile", ""), ("ExecIDs", nil),
            ("HostConfig", try effectiveHostConfiguration.json()), ("GraphDriver", graphDriver),
        ]
        if let sizes {
            members.append(("SizeRw", .integer(sizes.written)))
            members.append(("SizeRootFs", .integer(sizes.all)))
        }
        members += [
            ("Mounts", .array(record.mounts.map(Self.mount))),
            ("Config", try record.configuration.json()), ("NetworkSettings", network),
        ]
        return .object(JSONObject(members))
    }

    /// What was asked for, with the engine's choices where nobody chose.
    private var effectiveHostConfiguration: HostConfiguration {
        get throws {
            let version =
                if case .v2 = try CgroupHierarchies.discover() { 2 } else { 1 }
            var host = try container.record.hostConfiguration.withDefaults(cgroupVersion: version)
            host.links = host.links.map { link in
                let parts = link.split(separator: ":", maxSplits: 1)
                return "/\(parts.first ?? ""):/\(container.name)/\(parts.last ?? "")"
            }
            return host
        }
    }

    private var logPath: String {
        switch container.record.hostConfiguration.logConfig.type {
        case "none": ""
        case "json-file": files.jsonLog
        default: files.logs
        }
    }

    private var stateValue: JSONValue {
        let status = state.summary
        let isUp = state.pid != nil || status == .restarting
        var members: [(String, JSONValue)] = [
            ("Status", .string(status.rawValue)), ("Running", .bool(isUp)),
            ("Paused", .bool(status == .paused)), ("Restarting", .bool(status == .restarting)),
            ("OOMKilled", .bool(container.wasOOMKilled)), ("Dead", false),
            ("Pid", .integer(Int64(state.pid ?? 0))),
            ("ExitCode", .integer(Int64(container.exitCode))), ("Error", .string(container.error)),
            ("StartedAt", .string((container.started ?? .never).rfc3339Nano)),
            ("FinishedAt", .string((container.finished ?? .never).rfc3339Nano)),
        ]
        if let health {
            members.append(("Health", health.value(isRunning: status == .running)))
        }
        return .object(JSONObject(members))
    }

    /// The root is mounted in the container alone; from the host its way leads through proc(5).
    private var graphDriver: JSONValue {
        [
            "Data": [
                "ID": .string(container.id),
                "LowerDir": .string(lowers.joined(separator: ":")),
                "MergedDir": .string(state.pid.map { "/proc/\($0)/root" } ?? ""),
                "UpperDir": .string(files.upper), "WorkDir": .string(files.work),
            ], "Name": "overlay2",
        ]
    }

    private static func mount(_ mount: ContainerMount) -> JSONValue {
        var members: [(String, JSONValue)] = [("Type", .string(mount.type.rawValue))]
        if let name = mount.name { members.append(("Name", .string(name))) }
        members += [
            ("Source", .string(mount.source)), ("Destination", .string(mount.destination)),
        ]
        if mount.type == .volume { members.append(("Driver", "local")) }
        members += [
            ("Mode", .string(mount.mode)), ("RW", .bool(mount.isWritable)),
            ("Propagation", .string(mount.propagation)),
        ]
        return .object(JSONObject(members))
    }
}
