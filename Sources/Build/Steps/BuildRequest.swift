// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What a build is asked for.
public struct BuildRequest {
    public var plan: BuildPlan
    public var context: FileTree
    /// What tells this build from others: the context's path and the file's.
    public var identity: String
    /// The stage to build; nil for the last one.
    public var target: String?
    /// `--build-arg`.
    public var arguments: [String: String] = [:]
    /// `--label`, over the file's own.
    public var labels: [String: String] = [:]
    public var annotations: [String: String] = [:]
    public var references: [Reference] = []
    /// Nil for this machine's.
    public var platform: Platform?
    public var usesCache = true
    /// Stages that are made anew.
    public var uncachedStages: Set<String> = []
    /// By their ids.
    public var secrets: [String: [UInt8]] = [:]
    /// `--build-context`: trees, and images under other names.
    public var trees: [String: FileTree] = [:]
    public var images: [String: String] = [:]
    /// What RUN steps reach when they do not say.
    public var network = RunStep.Network.default
    public var allowsHostNetwork = false
    public var allowsInsecure = false
    /// Seconds since 1970: no time in the image is later (SOURCE_DATE_EPOCH).
    public var epoch: Int64?

    /// A build of the last stage, of everything that is not said.
    public init(_ plan: BuildPlan, context: FileTree, identity: String) {
        self.plan = plan
        self.context = context
        self.identity = identity
    }

    /// Variables that work without being declared, and leave no trace.
    static let proxies: Set<String> = [
        "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy",
        "https_proxy", "ftp_proxy", "no_proxy", "all_proxy",
    ]
}

/// What happens in a build, as it happens. Numbers name what was begun, from 1 on.
public enum BuildEvent: Sendable {
    case began(Int, String)
    case cached(Int)
    /// Why a step is made anew.
    case explained(Int, String)
    /// What a program said.
    case output(Int, [UInt8], isError: Bool)
    /// Something that the builder says of a step.
    case note(Int, String)
    case ended(Int)
    case failed(Int, String)
}

/// Why a build ended early, and where.
public struct BuildFailure: Error, CustomStringConvertible {
    /// Of the Dockerfile; nil where no line is to blame.
    public let lines: ClosedRange<Int>?
    public let reason: String
    /// The step as progress shows it, for one whose program failed.
    public var step: String?
    /// What the program said last.
    public var output = ""

    init(_ reason: String, at lines: ClosedRange<Int>?) {
        self.reason = reason
        self.lines = lines
    }

    public var description: String { reason }
}
