// SPDX-License-Identifier: Apache-2.0

internal import Build
public import OCI

/// What a build is asked for beside its Dockerfile.
public struct BuildSettings: Sendable {
    /// When base images are fetched.
    public var pull = CreateRequest.PullPolicy.missing
    /// What limits the programs of RUN steps, and what they see of the host.
    public var host = HostConfiguration()
    public var output = BuildOutput.image

    /// An image in the store.
    public init() {}
}

/// What becomes of what was built.
public enum BuildOutput: Sendable, Equatable {
    /// An image in the store.
    case image
    /// Files in a directory of the host's.
    case directory(String)
    /// The same as a tar; nil for standard output.
    case tar(String?)
    /// An archive of the image, which any engine loads; nil for standard output.
    case archive(String?)
    /// Nothing: it is only seen whether it can be built.
    case nothing
}

/// What a build has made.
public struct BuildOutcome: Sendable, Equatable {
    /// The image's ID; nil where no image was made.
    public var image: Digest?
    /// Of its manifest.
    public var manifest: Digest?
    public var references: [String] = []
}
