// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Images
internal import Linux
public import OCI
internal import SQLite

extension Engine {
    /// Gives an image one more name; a name that meant another image moves.
    public func tagImage(_ source: String, as target: String) throws {
        let database = try open()
        try images.tag(source, as: target, in: database)
        guard let image = try images.image(target, in: database) else { return }
        record(Event(image, "tag", name: ImageStore.shown(target)))
    }

    /// Writes images as one archive that `load` of any engine reads.
    /// - Parameters:
    ///   - since: an image whose layers the other side has; they are left out.
    ///   - platform: refuses an image for another one; nil takes any.
    ///   - path: the file, which appears when it is complete; nil for standard output.
    public func saveImages(
        _ names: [String], since: String? = nil, platform: Platform? = nil, to path: String?
    ) throws {
        let database = try open()
        for name in names where platform != nil {
            _ = try image(name, platform: platform, in: database)
        }
        let saved = try images.imagesToSave(names, in: database)
        let known = try since.map { try image($0, platform: nil, in: database) }
        guard let path else {
            try images.save(saved, since: known, to: STDOUT_FILENO)
            return recordSave(saved)
        }
        let draft = try DraftFile(path)
        try images.save(saved, since: known, to: draft.raw)
        try draft.publish()
        recordSave(saved)
    }

    private func recordSave(_ saved: [SavedImage]) {
        for image in saved {
            record(Event(image.image, "save", name: image.references.first?.familiar))
        }
    }

    /// How an image came to be, the last step first.
    /// - Parameter platform: refuses an image for another one; nil takes any.
    public func history(of name: String, platform: Platform? = nil) throws -> [ImageStep] {
        let image = try image(name, platform: platform, in: try open())
        return try images.history(of: image).enumerated().map { place, step in
            ImageStep(
                id: place == 0 ? "\(image.id)" : nil,
                created: step.step.created.flatMap(nanosecondsSinceEpoch(rfc3339:))
                    .map(Timestamp.init(nanosecondsSinceEpoch:)),
                createdBy: step.step.createdBy ?? "", size: step.size,
                comment: step.step.comment ?? "")
        }
    }
}

/// One step of how an image came to be, as `history` shows it.
public struct ImageStep: Sendable, Equatable {
    /// `sha256:…` of the image that the step made; nil where no such image is here.
    public var id: String?
    /// nil when the image does not say.
    public var created: Timestamp?
    public var createdBy: String
    /// Bytes of the files of its layer.
    public var size: Int64
    public var comment: String

    /// What one step is.
    public init(
        id: String?, created: Timestamp?, createdBy: String, size: Int64, comment: String
    ) {
        self.id = id
        self.created = created
        self.createdBy = createdBy
        self.size = size
        self.comment = comment
    }
}
