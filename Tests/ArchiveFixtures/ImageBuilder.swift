// SPDX-License-Identifier: Apache-2.0

public import Archive
public import OCI

/// Makes image archives, also lying ones: change a field, then pack.
public struct ImageBuilder {
    /// Uncompressed tars, bottom first.
    public var layers: [[UInt8]]
    public var compression = Compression.none
    /// The name in the index; nil for none.
    public var name: String? = "docker.io/library/test:latest"
    public var platform = Platform.host
    public var command = ["sh"]
    public var layerType: MediaType?
    /// What the configuration says instead of the layers' true digests.
    public var diffIDs: [Digest]?
    /// Blobs to change or to leave out (nil) after their digests were taken.
    public var tampered: [Digest: [UInt8]?] = [:]
    /// Members added to the manifest.
    public var manifestExtras: [String: JSONValue] = [:]

    public init(layers: [[UInt8]]) { self.layers = layers }

    public var blobs: [[UInt8]] { layers.map { compressed($0, compression) } }

    public func configuration() throws -> [UInt8] {
        try ImageConfiguration(
            platform: platform, diffIDs: diffIDs ?? layers.map { Digest(of: $0) },
            config: ImageConfiguration.Execution(command: command),
            created: "2024-02-03T04:05:06Z"
        ).json().bytes()
    }

    public func manifest() throws -> [UInt8] {
        let configuration = try configuration()
        let type =
            layerType
            ?? MediaType(
                rawValue: MediaType.ociLayer.rawValue
                    + (compression == .gzip ? "+gzip" : compression == .zstd ? "+zstd" : ""))
        let manifest = Manifest(
            config: Descriptor(
                mediaType: .ociConfiguration, digest: Digest(of: configuration),
                size: Int64(configuration.count)),
            layers: blobs.map {
                Descriptor(mediaType: type, digest: Digest(of: $0), size: Int64($0.count))
            })
        guard case .object(var object) = try manifest.json() else { return [] }
        for (key, value) in manifestExtras { object[key] = value }
        return JSONValue.object(object).bytes()
    }

    /// The descriptor by which an index points here.
    public func descriptor() throws -> Descriptor {
        let manifest = try manifest()
        return Descriptor(
            mediaType: .ociManifest, digest: Digest(of: manifest), size: Int64(manifest.count),
            annotations: name.map { [ImageLayout.Annotation.imageName: $0] } ?? [:],
            platform: platform)
    }

    /// The files of an image layout.
    public func layoutFiles(
        with others: [ImageBuilder] = [], nested: Bool = false
    ) throws -> [(String, [UInt8])] {
        var files = [(ImageLayout.fileName, try ImageLayout().json().bytes())]
        var roots: [Descriptor] = []
        for image in [self] + others {
            roots.append(try image.descriptor())
            for blob in [try image.configuration(), try image.manifest()] + image.blobs {
                let digest = Digest(of: blob)
                let content = image.tampered[digest] ?? blob
                if let content { files.append((ImageLayout.path(of: digest), content)) }
            }
        }
        if nested {
            let index = try Index(manifests: roots).json().bytes()
            files.append((ImageLayout.path(of: Digest(of: index)), index))
            roots = [
                Descriptor(
                    mediaType: .ociIndex, digest: Digest(of: index), size: Int64(index.count),
                    annotations: roots.first?.annotations ?? [:])
            ]
        }
        files.append((ImageLayout.indexFileName, try Index(manifests: roots).json().bytes()))
        return files
    }

    /// An OCI archive.
    public func ociArchive(with others: [ImageBuilder] = [], nested: Bool = false) throws -> [UInt8]
    {
        Self.pack(try layoutFiles(with: others, nested: nested))
    }

    /// A docker-archive of the old form; with `linked`, a layer that is the same as an earlier one is
    /// a symbolic link to it.
    public func dockerArchive(linked: Bool = false) throws -> [UInt8] {
        var tar = TarBuilder()
        var paths: [JSONValue] = []
        var first: [Digest: String] = [:]
        for (number, blob) in blobs.enumerated() {
            let path = "layer\(number)/layer.tar"
            paths.append(.string(path))
            tar.add("layer\(number)/VERSION", .file, "1.0")
            if linked, let earlier = first[Digest(of: blob)] {
                tar.add(path, .symlink, link: "../\(earlier)")
            } else {
                tar.add(Array(path.utf8), .file, blob)
                first[Digest(of: blob)] = path
            }
        }
        let configuration = try configuration()
        let file = "\(Digest(of: configuration).hex).json"
        tar.add(Array(file.utf8), .file, configuration)
        let names: JSONValue = name.map { [.string($0)] } ?? .null
        let manifest: JSONValue = [
            ["Config": .string(file), "RepoTags": names, "Layers": .array(paths)]
        ]
        tar.add(Array("manifest.json".utf8), .file, manifest.bytes())
        return tar.finished()
    }

    /// A tar of files.
    public static func pack(_ files: [(String, [UInt8])]) -> [UInt8] {
        var tar = TarBuilder()
        for (path, content) in files { tar.add(Array(path.utf8), .file, content) }
        return tar.finished()
    }
}
