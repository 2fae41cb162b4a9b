// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Where a container is in its life.
/// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#state
public enum ContainerStatus: String, Equatable, Sendable {
    case creating, created, running, stopped
    /// runc's word for a frozen one.
    case paused
}

/// The state of a container as hooks and other programs are told of it.
public struct StateDocument: Equatable, Sendable {
    public var ociVersion: String
    public var id: String
    public var status: ContainerStatus
    /// The first process; 0 when there is none.
    public var pid: Int32
    public var bundle: String
    public var annotations: [String: String]

    public init(
        ociVersion: String, id: String, status: ContainerStatus, pid: Int32 = 0, bundle: String,
        annotations: [String: String] = [:]
    ) {
        self.ociVersion = ociVersion
        self.id = id
        self.status = status
        self.pid = pid
        self.bundle = bundle
        self.annotations = annotations
    }

    /// The members of the specification, in its order.
    public var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("ociVersion", .string(ociVersion)), ("id", .string(id)),
            ("status", .string(status.rawValue)),
        ]
        if pid > 0 { members.append(("pid", .integer(Int64(pid)))) }
        members.append(("bundle", .string(bundle)))
        if !annotations.isEmpty {
            let sorted = annotations.sorted { $0.key < $1.key }
            members.append(("annotations", .object(JSONObject(sorted.map { ($0, .string($1)) }))))
        }
        return .object(JSONObject(members))
    }
}
