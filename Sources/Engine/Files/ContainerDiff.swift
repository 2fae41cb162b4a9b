// SPDX-License-Identifier: Apache-2.0

public import Archive

extension Engine {
    /// What a container has changed on its image's files, as Docker's `diff` lists it.
    public func changes(of text: String) throws -> [LayerChange] {
        let database = try open()
        let layers = try layers(of: try container(text, in: database), in: database)
        return try LayerChanges(
            of: try layers.written(), on: try layers.image(), owners: layers.owners,
            passesOver: layers.isMountPoint
        ).all
    }
}
