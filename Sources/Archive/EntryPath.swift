// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// An entry's path inside the directory it is unpacked into: no leading slash, no ".", no "..".
struct EntryPath: Equatable {
    let components: [ArraySlice<UInt8>]

    /// Takes components that have been cleaned.
    init(components: some Sequence<ArraySlice<UInt8>>) { self.components = Array(components) }

    /// Cleans a path as it stands in the archive. Leading slashes mean the root that the path is
    /// relative to anyway; ".." takes back a component, and one too many is refused.
    init(_ path: [UInt8]) throws(ArchiveError) {
        var components: [ArraySlice<UInt8>] = []
        for component in path.split(separator: UInt8(ascii: "/")) {
            switch component {
            case [UInt8(ascii: ".")]: continue
            case [UInt8(ascii: "."), UInt8(ascii: ".")]:
                guard components.popLast() != nil else {
                    throw .refused(entry: quoted(path), reason: "path leaves the archive's root")
                }
            default: components.append(component)
            }
        }
        self.components = components
    }

    /// Whether it is the root itself.
    var isRoot: Bool { components.isEmpty }

    /// The last component; empty for the root.
    var name: ArraySlice<UInt8> { components.last ?? [] }

    /// The path up to the last component; "." for an entry in the root.
    var parent: [UInt8] { joined(components.dropLast()) }

    /// The whole path; "." for the root.
    var bytes: [UInt8] { joined(components[...]) }

    private func joined(_ components: ArraySlice<ArraySlice<UInt8>>) -> [UInt8] {
        components.isEmpty
            ? [UInt8(ascii: ".")] : Array(components.joined(separator: [UInt8(ascii: "/")]))
    }
}

/// How a layer says that something of the layers below is gone.
///
/// https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
enum Whiteout: Equatable {
    /// The name beside the marker.
    case name([UInt8])
    /// All that the directory holds below.
    case opaque
    /// Marks of aufs without meaning for others.
    case ignored

    /// nil when `name` is no marker.
    init?(_ name: ArraySlice<UInt8>) {
        let prefix = Array(".wh.".utf8)
        guard name.starts(with: prefix) else { return nil }
        if Array(name) == Array(".wh..wh..opq".utf8) {
            self = .opaque
        } else if name.dropFirst(prefix.count).starts(with: prefix) {
            self = .ignored
        } else {
            self = .name(Array(name.dropFirst(prefix.count)))
        }
    }
}
