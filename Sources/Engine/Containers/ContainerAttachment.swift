// SPDX-License-Identifier: Apache-2.0

internal import Linux

extension Engine {
    /// Takes part in the session of a running container, from now on, until it ends or the user
    /// leaves.
    /// - Parameter passesSignals: whether signals to this process go to the container's.
    public func attach(
        to text: String, _ options: AttachOptions, passesSignals: Bool
    ) throws -> AttachOutcome {
        let container = try container(text, in: try open())
        switch state(of: container) {
        case .created, .exited: throw EngineError.attachToStopped
        case .paused: throw EngineError.attachToPaused
        case .restarting: throw EngineError.attachToRestarting
        case .running: break
        }
        var options = options
        if passesSignals { options.forward = container.process.receive }
        let socket = try UnixSocket.connect(
            to: ContainerFiles.attachSocket, in: location.container(container.id).runtime)
        var session = try AttachSession(socket, options)
        record(Event(container, "attach"))
        let outcome = try session.run()
        if outcome == .detached { record(Event(container, "detach")) }
        return outcome
    }
}
