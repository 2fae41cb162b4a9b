// SPDX-License-Identifier: Apache-2.0

/// What the engine refuses, in Docker's words: scripts look for them. Each is worded here and
/// nowhere else.
public enum EngineError: Error, Equatable, CustomStringConvertible {
    case noSuchContainer(String)
    case ambiguousPrefix(String)
    case noSuchImage(String)
    case noSuchNetwork(String)
    /// Neither in the store nor with the program, and the program that pulls is not installed.
    case imageNowhere(String)
    /// What a registry, or the way to it, refused.
    case registry(String)
    case nameTaken(String, by: String)
    case invalidName(String)
    case notRunning(id: String)
    case cannotKill(name: String, id: String)
    case paused(name: String)
    /// `state` is what the container does: "running", "paused", "restarting".
    case cannotBeRemoved(name: String, state: String)
    case alreadyPaused(id: String)
    case notPaused(id: String)
    case restarting(id: String)
    case startOfPaused
    case startFailed(String)
    case executionFailed(String)
    case attachToStopped
    case attachToPaused
    case attachToRestarting
    case idRangesExhausted
    case unreadableLogs
    case unsupported(String)
    case invalid(String)
    case monitorDied(id: String)
    case removedMeanwhile(String)

    public var description: String {
        switch self {
        case .noSuchContainer(let name): "No such container: \(name)"
        case .ambiguousPrefix(let prefix): "multiple IDs found with provided prefix: \(prefix)"
        case .noSuchImage(let name): "No such image: \(name)"
        case .noSuchNetwork(let name): "network \(name) not found"
        case .imageNowhere(let name):
            "image \(name) is neither in the store nor among those that came with swocker, and "
                + "swocker-registry, which pulls, is not installed: load it with 'swocker load -i FILE'"
        case .nameTaken(let name, let id):
            "Conflict. The container name \"/\(name)\" is already in use by container \"\(id)\". "
                + "You have to remove (or rename) that container to be able to reuse that name."
        case .invalidName(let name):
            "Invalid container name (\(name)), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        case .notRunning(let id): "container \(id) is not running"
        case .cannotKill(let name, let id):
            "cannot kill container: \(name): container \(id) is not running"
        case .paused(let name): "Container \(name) is paused, unpause the container before exec"
        case .cannotBeRemoved(let name, "paused"):
            "cannot remove container \"\(name)\": container is paused and must be unpaused first"
        case .cannotBeRemoved(let name, let state):
            "cannot remove container \"\(name)\": container is \(state): "
                + "stop the container before removing or force remove"
        case .alreadyPaused(let id): "Container \(id) is already paused"
        case .notPaused(let id): "Container \(id) is not paused"
        case .restarting(let id):
            "Container \(id) is restarting, wait until the container is running"
        case .startOfPaused: "cannot start a paused container, try unpause instead"
        case .startFailed(let reason):
            "failed to create task for container: OCI runtime create failed: "
                + "unable to start container process: error during container init: \(reason)"
        case .executionFailed(let reason):
            "OCI runtime exec failed: exec failed: unable to start container process: \(reason)"
        case .attachToStopped: "You cannot attach to a stopped container, start it first"
        case .attachToPaused: "You cannot attach to a paused container, unpause it first"
        case .attachToRestarting:
            "You cannot attach to a restarting container, wait until it is running"
        case .idRangesExhausted:
            "no range of user ids is free: remove containers, or use --userns=host"
        case .unreadableLogs: "configured logging driver does not support reading"
        case .unsupported(let what): "\(what) is not supported yet"
        case .invalid(let reason), .registry(let reason): reason
        case .monitorDied(let id): "the monitor of container \(id) ended without a word"
        case .removedMeanwhile(let name): "container \(name) was removed meanwhile"
        }
    }
}
