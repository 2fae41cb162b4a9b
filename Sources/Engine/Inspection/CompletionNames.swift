// SPDX-License-Identifier: Apache-2.0

internal import OCI
internal import SQLite

/// Which names a shell wants to complete.
public enum CompletionSubject: String, CaseIterable, Sendable {
    case containers, images, volumes, networks
    /// Those that a command makes sense for, by what is on record.
    case running, startable, stopped
}

extension Engine {
    /// Names for a shell to offer, in their order. Nothing is repaired and no record is read: it has
    /// to be there while somebody types.
    public func completionNames(_ subject: CompletionSubject) throws -> [String] {
        let database = try open()
        var found: [String] = []
        try database.query(subject.query) { found.append($0.text(0)) }
        guard subject == .images else { return found }
        return found.compactMap { (try? Reference(parsing: $0))?.familiar }
    }
}

extension CompletionSubject {
    fileprivate var query: String {
        let containers = "SELECT name FROM containers"
        return switch self {
        case .containers: containers + " ORDER BY name"
        case .running: containers + " WHERE status = 'running' ORDER BY name"
        case .startable: containers + " WHERE status IN ('created', 'exited') ORDER BY name"
        case .stopped: containers + " WHERE status != 'running' ORDER BY name"
        case .images: "SELECT name FROM image_references ORDER BY name"
        case .networks: "SELECT name FROM networks ORDER BY name"
        case .volumes: "SELECT name FROM volumes WHERE NOT anonymous ORDER BY name"
        }
    }
}
