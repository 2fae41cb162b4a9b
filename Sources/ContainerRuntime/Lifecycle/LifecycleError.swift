// SPDX-License-Identifier: Apache-2.0

/// Why an act on a container of the OCI runtime cannot be. Engines look for some of these words
/// ("does not exist", "not running"), which are runc's.
public enum LifecycleError: Error, Equatable, Sendable {
    case invalidID(String)
    case noSuchContainer(String)
    case exists(String)
    case notRunning(String)
    case cannotStart(String, ContainerStatus)
    case cannotDelete(String, ContainerStatus)
    case cannotExecute(String, ContainerStatus)
    /// A bundle, a document or an option that asks for what cannot be.
    case invalid(String)
}

extension LifecycleError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidID(let id):
            "invalid container id \"\(id)\": letters, digits and _ + - . make one"
        case .noSuchContainer(let id): "container \"\(id)\" does not exist"
        case .exists(let id): "container with id \"\(id)\" exists already"
        case .notRunning(let id): "container not running: \(id)"
        case .cannotStart(let id, let status):
            status == .stopped
                ? "cannot start a container that has stopped: \(id)"
                : "cannot start an already running container: \(id)"
        case .cannotDelete(let id, let status):
            "cannot delete container \(id) that is not stopped: \(status.rawValue)"
        case .cannotExecute(let id, let status):
            "cannot exec in a \(status.rawValue) container: \(id)"
        case .invalid(let text): text
        }
    }
}
