// SPDX-License-Identifier: Apache-2.0

internal import Images
public import OCI
internal import SQLite

extension Engine {
    /// All that is known of an image, as Docker's `inspect` has it (Engine API 1.50, ImageInspect).
    /// - Parameter platform: refuses an image for another one; nil takes any.
    public func inspectImage(_ name: String, platform: Platform? = nil) throws -> JSONValue {
        let database = try open()
        let image = try image(name, platform: platform, in: database)
        let listings = try images.images(in: database).filter { $0.image.id == image.id }
        return try ImageDocument(
            image: image, listings: listings, lowers: images.layerDirectories(of: image)
        ).value()
    }
}

/// An image in the shape of Docker's `inspect`.
struct ImageDocument {
    let image: Image
    /// Its names, or itself without one.
    let listings: [ImageListing]
    /// The layers' directories, topmost first.
    let lowers: [String]

    func value() throws -> JSONValue {
        let configuration = try image.configuration()
        var members: [(String, JSONValue)] = [
            ("Id", .string("\(image.id)")), ("RepoTags", .array(tags.map(JSONValue.string))),
            ("RepoDigests", .array(digests.map(JSONValue.string))), ("Parent", ""),
            ("Comment", .string(configuration.comment ?? "")),
            ("Created", .string(configuration.created ?? Timestamp.never.rfc3339Nano)),
            ("DockerVersion", .string(configuration.dockerVersion ?? "")),
            ("Author", .string(configuration.author ?? "")), ("Config", try execution()),
            ("Architecture", .string(configuration.architecture)),
        ]
        if let variant = configuration.variant { members.append(("Variant", .string(variant))) }
        members += [
            ("Os", .string(configuration.os)), ("Size", .integer(image.size)),
            ("GraphDriver", graphDriver),
            (
                "RootFS",
                [
                    "Type": "layers",
                    "Layers": .array(image.diffIDs.map { .string("\($0)") }),
                ]
            ),
            ("Metadata", ["LastTagTime": .string(lastTagTime.rfc3339Nano)]),
        ]
        return .object(JSONObject(members))
    }

    private var tags: [String] {
        listings.compactMap { listing in
            listing.reference.flatMap { reference in
                reference.tag.map { reference.with(tag: $0).familiar }
            }
        }
    }

    private var digests: [String] {
        var names: [String] = []
        for listing in listings {
            guard let reference = listing.reference,
                let digest = listing.digest ?? reference.digest
            else { continue }
            let name = reference.with(digest: digest).familiar
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    private var lastTagTime: Timestamp {
        let tagged = listings.filter { $0.reference != nil }.map(\.tagged).max()
        return tagged.map(Timestamp.init(nanosecondsSinceEpoch:)) ?? .never
    }

    /// The members of the image's `config`, in Docker's order; what it does not say shows as Go's
    /// zero value, or not at all where Docker leaves it out.
    private func execution() throws -> JSONValue {
        let config = try JSONValue(parsing: image.document)["config"]
        var members: [(String, JSONValue)] = []
        for (name, zero) in Self.executionMembers {
            if let value = config?[name] ?? zero { members.append((name, value)) }
        }
        return .object(JSONObject(members))
    }

    private static var executionMembers: [(name: String, zero: JSONValue?)] {
        [
            ("User", ""), ("ExposedPorts", nil), ("Env", .null), ("Cmd", .null),
            ("Healthcheck", nil), ("ArgsEscaped", nil), ("Volumes", .null), ("WorkingDir", ""),
            ("Entrypoint", .null), ("OnBuild", .null), ("Labels", .null), ("StopSignal", nil),
            ("StopTimeout", nil), ("Shell", nil),
        ]
    }

    /// Docker's overlay2 has the topmost layer as upper directory, the others as lower ones.
    private var graphDriver: JSONValue {
        var members: [(String, JSONValue)] = []
        if lowers.count > 1 {
            members.append(("LowerDir", .string(lowers.dropFirst().joined(separator: ":"))))
        }
        members += [
            ("MergedDir", ""), ("UpperDir", .string(lowers.first ?? "")), ("WorkDir", ""),
        ]
        return ["Data": .object(JSONObject(members)), "Name": "overlay2"]
    }
}
