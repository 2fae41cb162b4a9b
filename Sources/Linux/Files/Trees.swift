// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Removes a file, or a directory with all that is in it, following no link; one that is gone already
/// is fine. Names need not be text, and a tree of any depth costs a bounded number of descriptors.
public func removeTree(_ name: FileName, in parent: CInt) throws(Errno) {
    guard try !removeLeaf(name, in: parent) else { return }
    let top: OwnedFD
    do throws(Errno) {
        top = try OwnedFD.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: parent)
    } catch {
        guard error == .noEntry else { throw error }
        return
    }
    var removal = TreeRemoval(top: top.raw)
    repeat {
        removal.movedUp = 0
        try removal.empty(top.raw, depth: 0)
    } while removal.movedUp > 0
    _ = try removeLeaf(name, in: parent)
}

/// Removes what is no directory, or an empty one.
/// - Returns: false for a directory that holds something.
private func removeLeaf(_ name: FileName, in parent: CInt) throws(Errno) -> Bool {
    do throws(Errno) {
        try syscall { unlinkat(parent, name.cString, 0) }
        return true
    } catch {
        switch error {
        case .noEntry: return true
        case .isDirectory, .notPermitted: break
        default: throw error
        }
    }
    do throws(Errno) {
        try syscall { unlinkat(parent, name.cString, AT_REMOVEDIR) }
        return true
    } catch {
        switch error {
        case .noEntry: return true
        case .notEmpty, .exists: return false
        default: throw error
        }
    }
}

/// One removal under way. Directories deeper than `deepest` are moved up beside the topmost ones, and
/// met again on the next round.
private struct TreeRemoval {
    let top: CInt
    var movedUp = 0
    private var serial = 0
    private static let deepest = 48

    init(top: CInt) { self.top = top }

    mutating func empty(_ directory: CInt, depth: Int) throws(Errno) {
        for name in try entryNames(of: directory) {
            if try removeLeaf(name, in: directory) { continue }
            if depth == Self.deepest {
                try moveUp(name, from: directory)
                continue
            }
            let child = try OwnedFD.open(
                name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: directory)
            try empty(child.raw, depth: depth + 1)
            _ = try removeLeaf(name, in: directory)
        }
    }

    private mutating func moveUp(_ name: FileName, from directory: CInt) throws(Errno) {
        while true {
            serial += 1
            guard let free = FileName(".removed-\(serial)".utf8) else { throw .invalid }
            let top = top
            do throws(Errno) {
                try syscall { renameat(directory, name.cString, top, free.cString) }
                movedUp += 1
                return
            } catch {
                switch error {
                case .notEmpty, .exists, .notDirectory: continue  // the name is taken
                default: throw error
                }
            }
        }
    }
}

/// The names in an open directory, without "." and "..", as bytes.
public func entryNames(of directory: CInt) throws(Errno) -> [FileName] {
    let raw = try OwnedFD.open(".", O_RDONLY | O_DIRECTORY, at: directory).release()
    guard let stream = fdopendir(raw) else {
        let failure = Errno(rawValue: errno)
        close(raw)
        throw failure
    }
    defer { closedir(stream) }
    var names: [FileName] = []
    while let entry = readdir(stream) {
        let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
        if bytes == Array(".".utf8) || bytes == Array("..".utf8) { continue }
        if let name = FileName(bytes) { names.append(name) }
    }
    return names
}
