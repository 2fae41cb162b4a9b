// SPDX-License-Identifier: Apache-2.0

internal import Linux

/// What entries are unpacked for.
public enum UnpackPurpose: Sendable {
    /// A layer: whiteouts have their meaning, and a later entry replaces an earlier one of any kind.
    case layer
    /// Files among others: names are names, and no directory is replaced by a file, nor a file by a
    /// directory.
    case copy(CopyRules)

    /// The entry as it is to be made; nil for one to leave out.
    func adapted(_ entry: TarEntry) -> TarEntry? {
        guard case .copy(let rules) = self else { return entry }
        return rules.adapted(entry)
    }

    /// Docker's words for what stands in a copy's way.
    static func conflict(_ error: Errno, _ entry: TarEntry) -> String? {
        switch error {
        case .isDirectory: "cannot overwrite directory with non-directory"
        case .notDirectory where entry.kind == .directory:
            "cannot overwrite non-directory with directory"
        default: nil
        }
    }
}

/// How a copy's entries are named, and whose they become.
public struct CopyRules: Sendable {
    /// Whose files become.
    public enum Owner: Sendable, Equatable {
        /// The archive's numbers; those above become nobody's.
        case stated(highest: UInt32)
        case one(user: UInt32, group: UInt32)
        /// Whose process this is. What gives its rights to others (set-user-ID, set-group-ID) does
        /// so no longer, and there are no devices: an archive from a stranger must not make them.
        case caller
    }

    public var owner: Owner
    /// The first name of each path, and what comes in its place; an empty first name puts `to` before
    /// all paths.
    public var rename: (from: [UInt8], to: [UInt8])?

    public init(owner: Owner, rename: (from: [UInt8], to: [UInt8])? = nil) {
        self.owner = owner
        self.rename = rename
    }

    func adapted(_ entry: TarEntry) -> TarEntry? {
        var entry = entry
        entry.path = renamed(entry.path)
        if case .hardLink(let target) = entry.kind { entry.kind = .hardLink(renamed(target)) }
        switch owner {
        case .stated(let highest):
            let nobody: UInt32 = 65_534
            if entry.user > highest { entry.user = nobody }
            if entry.group > highest { entry.group = nobody }
        case .one(let user, let group): (entry.user, entry.group) = (user, group)
        case .caller:
            switch entry.kind {
            case .characterDevice, .blockDevice: return nil
            default: break
            }
            (entry.user, entry.group) = ThisProcess.effectiveOwner
            if entry.kind != .directory { entry.mode &= 0o1777 }
            entry.attributes.removeAll { $0.name == "security.capability" }
        }
        return entry
    }

    private func renamed(_ path: [UInt8]) -> [UInt8] {
        guard let rename else { return path }
        let slash = UInt8(ascii: "/")
        let names = path.split(separator: slash).filter { $0 != [UInt8(ascii: ".")] }
        let kept = rename.from.isEmpty ? names[...] : names.dropFirst()
        guard rename.from.isEmpty || names.first.map(Array.init) == rename.from else { return path }
        return Array(([rename.to[...]] + kept).joined(separator: [slash]))
    }
}
