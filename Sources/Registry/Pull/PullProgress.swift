// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What happens to a layer, as it is shown.
public enum LayerState: Equatable, Sendable {
    case waiting
    case alreadyExists
    /// Another pull fetches it.
    case waitingForOther
    case downloading(done: Int64, total: Int64)
    case retrying(inSeconds: Int)
    case extracting(done: Int64, total: Int64)
    case pulled
    // On its way to a registry.
    case preparing
    case pushing(done: Int64, total: Int64)
    case pushed
    case mounted(from: String)
    case present
}

/// Who is told how far a pull or a push is; from any thread.
public protocol ProgressObserver: Sendable {
    /// A line of its own: `latest: Pulling from library/busybox`.
    func say(_ line: String)
    /// Something happened to a layer.
    func layer(_ blob: Digest, _ state: LayerState)
    /// Nothing more comes of the layers so far.
    func finishLayers()
}
