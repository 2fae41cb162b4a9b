// SPDX-License-Identifier: Apache-2.0

/// An absolute path of a container, without doubled slashes, "." and "..". Text only: links are the
/// kernel's to follow.
struct ContainerPath: Hashable, Sendable {
    /// The names from the root on.
    let names: [Substring]

    init(_ text: String) {
        var names: [Substring] = []
        for name in text.split(separator: "/") {
            switch name {
            case ".": break
            case "..": _ = names.popLast()
            default: names.append(name)
            }
        }
        self.names = names
    }

    /// "/" and the names.
    var text: String { "/" + names.joined(separator: "/") }

    /// Whether this is `other` or below it.
    func isWithin(_ other: ContainerPath) -> Bool { names.starts(with: other.names) }
}
