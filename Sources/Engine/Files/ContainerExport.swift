// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Linux

extension Engine {
    /// Writes a container's files as one tar: what its image and itself have, without volumes and
    /// what else is mounted, with owners as the container sees them.
    /// - Parameters:
    ///   - path: a file that appears when it is complete; nil for standard output.
    ///   - progress: called with the bytes written so far.
    public func export(
        _ text: String, to path: String?, progress: ((Int64) -> Void)? = nil
    ) throws {
        let database = try open()
        let container = try container(text, in: database)
        let layers = try layers(of: container, in: database)
        var options = TreeEntries.Options()
        options.owners = layers.owners
        let tar = TarStream(try TreeEntries(.tree(try layers.merged()), options))
        if let path {
            let draft = try DraftFile(path)
            try tar.copy(to: draft.raw, progress: progress)
            try draft.publish()
        } else {
            try tar.copy(to: STDOUT_FILENO)
        }
        record(Event(container, "export"))
    }
}
