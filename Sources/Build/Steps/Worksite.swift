// SPDX-License-Identifier: Apache-2.0

public import Archive
public import Images
public import OCI

/// What a builder needs of an engine: images, layers, and a place where programs run.
public protocol Worksite: AnyObject {
    /// The image to begin with, fetched where it is not here.
    func image(_ name: String, platform: Platform?) throws -> Image
    /// What was made under a key.
    func cached(_ key: Digest) throws -> CachedLayer?
    /// What the same step was made of the last time.
    func lastMade(at place: Digest) throws -> CachedLayer?
    /// Makes a layer of a tar; nil for one without an entry.
    func makeLayer(_ tar: any ByteSource) throws -> Digest?
    /// Remembers what a step has made.
    func remember(_ made: CachedLayer) throws
    /// The tree that layers come to, bottom first.
    func tree(of layers: [Digest]) throws -> LayerDirectory
    /// A directory of this build's own, empty, and gone with it.
    func scratchDirectory() throws -> String
    /// Runs a program on layers and says what it changed.
    func run(_ request: RunRequest, output: ([UInt8], _ isError: Bool) -> Void) throws -> RunOutcome
}

/// A program to run in a build.
public struct RunRequest: Sendable {
    /// Bottom first.
    public var layers: [Digest]
    public var command: [String]
    /// `K=V`.
    public var environment: [String]
    public var user: String
    public var workingDirectory: String
    public var network: RunStep.Network
    public var isInsecure: Bool
    public var mounts: [Mount]
    /// Seconds since 1970: later times of what it changed become this one.
    public var latestTime: Int64?

    /// Something that is there only while the program runs.
    public struct Mount: Sendable {
        /// Where it comes from.
        public enum Source: Sendable {
            /// A directory or file of this machine.
            case path(String)
            /// A directory that outlives the build, by its id.
            case cache(id: String, sharing: RunMount.Sharing)
            /// Bytes; 0 for no limit.
            case memory(size: Int64)
            /// A file of these bytes.
            case bytes([UInt8])
            /// The same, which touches no disk.
            case secret([UInt8])
        }
        public var source: Source
        public var target: String
        public var isReadOnly: Bool
        public var mode: UInt32
        public var user: UInt32
        public var group: UInt32
    }
}

/// How a program of a build ended.
public struct RunOutcome {
    public var exitCode: Int32
    /// What it changed, as a layer's entries; nil for nothing, and after a failure.
    public var changes: (any EntrySource)?

    /// What a worksite answers.
    public init(exitCode: Int32, changes: (any EntrySource)?) {
        self.exitCode = exitCode
        self.changes = changes
    }
}
