// SPDX-License-Identifier: Apache-2.0

/// What is told of one `exec`.
struct ExecutionEvents {
    private let container: Container
    private let command: String
    /// The attribute that holds its events together.
    let id: [String: String]

    init(_ container: Container, _ request: ExecutionRequest) {
        self.container = container
        command = request.command.joined(separator: " ")
        id = ["execID": (try? ContainerNames.newID()) ?? ""]
    }

    var created: Event { Event(container, "exec_create: \(command)", id) }
    var started: Event { Event(container, "exec_start: \(command)", id) }

    func ended(exitCode: Int32) -> Event {
        Event(container, "exec_die", id.merging(["exitCode": "\(exitCode)"]) { $1 })
    }
}
