// SPDX-License-Identifier: Apache-2.0

/// An overlay: read-only layers below, and for a root a private one above
/// (https://docs.kernel.org/filesystems/overlayfs.html).
public struct Overlay: Equatable, Sendable {
    /// A read-only layer.
    public enum Lower: Equatable, Sendable {
        case path(String)
        /// A detached mount whose owners are shifted into the container's id range.
        case mapped(Slot)
    }
    /// How id-mapped layers reach the overlay.
    public enum Strategy: Equatable, Sendable {
        /// As descriptors of detached mounts (Linux 6.15).
        case descriptors
        /// Attached below this directory, in a mount namespace that lives only for the moment
        /// (Linux 5.19).
        case attached(directory: String)
    }
    public var filesystem: Slot
    /// Topmost first.
    public var lowers: [Lower]
    /// Empty for an overlay of layers alone, which nobody can write to; it needs two of them.
    public var upper: String
    public var work: String
    public var strategy: Strategy
    /// Who owns the root directory of the upper layer, when it is not the host's root.
    public var owner: UInt32
}

extension Overlay {
    /// What the overlay must not keep in the upper layer, whatever the module's parameters say: with
    /// it, what was moved or changed in part would be missing from a layer made of it.
    static let plainLayers = ["index", "metacopy", "redirect_dir"]

    /// Whether a layer's owners are shifted, which not every file system can do.
    var shiftsOwners: Bool {
        lowers.contains { if case .mapped = $0 { true } else { false } }
    }

    /// The calls that create it, for readers.
    var calls: String {
        let layers =
            switch strategy {
            case .descriptors: "fsconfig(\"lowerdir+\" ×\(lowers.count), "
            case .attached:
                "unshare(CLONE_NEWNS), move_mount() ×\(lowers.count), setns(), "
                    + "fsconfig(\"lowerdir\", "
            }
        return layers + (upper.isEmpty ? "" : "\"upperdir\", \"workdir\", ")
            + Self.plainLayers.map { "\"\($0)\"" }.joined(separator: ", ")
            + "), fsconfig(FSCONFIG_CMD_CREATE)"
    }
}
