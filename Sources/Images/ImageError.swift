// SPDX-License-Identifier: Apache-2.0

internal import Linux
public import OCI

/// What the image store refuses, in Docker's words where it has some.
public enum ImageError: Error, CustomStringConvertible {
    /// By the name that was asked for.
    case noSuchImage(String)
    /// An archive that cannot be loaded.
    case invalidArchive(String)
    /// The name, as it was asked for, is the only one of an image that a container uses.
    case referenceInUse(String, container: String, image: Digest)
    /// The image cannot be deleted; `force` might help or not.
    case conflict(image: Digest, forceHelps: Bool, reason: String)
    /// A tag command whose target has a digest.
    case digestAsTag

    public var description: String {
        switch self {
        case .noSuchImage(let name): "No such image: \(name)"
        case .invalidArchive(let reason): reason
        case .referenceInUse(let name, let container, let image):
            "conflict: unable to remove repository reference \"\(name)\" (must force)"
                + " - container \(container.prefix(12)) is using its referenced image \(image.short)"
        case .conflict(let image, let forceHelps, let reason):
            "conflict: unable to delete \(image.short)"
                + " (\(forceHelps ? "must" : "cannot") be forced) - \(reason)"
        case .digestAsTag: "refusing to create a tag with a digest reference"
        }
    }
}

/// Says in which document or blob of an archive something is wrong.
func inArchive<Result>(_ place: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as DecodingError {
        throw ImageError.invalidArchive("\(place): \(error.line)")
    } catch let error as ImageError {
        throw error
    } catch let error as KernelError {
        throw error
    } catch {
        throw ImageError.invalidArchive("\(place): \(error)")
    }
}
