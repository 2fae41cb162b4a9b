// SPDX-License-Identifier: Apache-2.0

internal import Linux

extension Engine {
    /// Stops every process of a container where it is (cgroup freezer).
    public func pause(_ text: String) throws {
        let container = try container(text, in: try open())
        switch state(of: container) {
        case .created, .exited: throw EngineError.notRunning(id: container.id)
        case .restarting: throw EngineError.restarting(id: container.id)
        case .paused: throw EngineError.alreadyPaused(id: container.id)
        case .running: try freezer(of: container).freeze()
        }
        record(Event(container, "pause"))
    }

    /// Lets a paused container's processes go on.
    public func unpause(_ text: String) throws {
        let container = try container(text, in: try open())
        guard case .paused = state(of: container) else {
            throw EngineError.notPaused(id: container.id)
        }
        try freezer(of: container).thaw()
        record(Event(container, "unpause"))
    }

    private func freezer(of container: Container) throws -> Cgroup {
        guard let cgroup = try cgroup(of: container) else {
            throw EngineError.unsupported("pause on a host without control groups")
        }
        return cgroup
    }
}
