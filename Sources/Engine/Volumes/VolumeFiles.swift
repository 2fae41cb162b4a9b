// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import SQLite

/// The directories of volumes. They are made and moved away inside the transactions that record it:
/// writers of the database come one after the other, so no maker meets a remover.
extension Engine {
    /// What is mounted of a volume.
    func mountpoint(ofVolume name: String) -> String { "\(location.volumes)/\(name)/_data" }

    /// Makes a volume's directories, where they are absent.
    func makeVolumeFiles(_ name: String) throws(KernelError) {
        try makeDirectories("\(location.volumes)/\(name)", mode: 0o711)
        try makeDirectory(mountpoint(ofVolume: name), mode: 0o755)
    }

    /// Takes a volume that nobody uses off the records, and its directory out of its place.
    /// - Returns: what to remove when the transaction is through; nil when somebody uses it.
    func retireVolume(_ name: String, in database: borrowing Database) throws -> String? {
        guard try VolumeTable.deleteIfUnused(name, in: database) else { return nil }
        try EventTable.add([Event(.volume, "destroy", name, ["driver": "local"])], in: database)
        umount2(mountpoint(ofVolume: name), CInt(MNT_DETACH))
        let retired = "\(location.volumes)/.\(name).\(getpid()).\(Clock.monotonic)"
        try attempting("remove volume \(name)") { () throws(Errno) in
            do throws(Errno) {
                try syscall { Glibc.rename("\(location.volumes)/\(name)", retired) }
            } catch { if error != .noEntry { throw error } }
        }
        return retired
    }

    /// Removes what `retireVolume` took out of its place.
    func removeRetired(_ paths: [String]) {
        for path in paths { try? removeTree(path) }
    }

    /// Removes what interrupted commands left: directories on their way out, and those that were made
    /// for a record that never came. What holds somebody's files and has no record stays: a volume of
    /// that name takes it over.
    func sweepVolumes(in database: borrowing Database) throws {
        guard let present = try? names(in: location.volumes), !present.isEmpty else { return }
        var known: Set<String> = []
        try database.query("SELECT name FROM volumes") { known.insert($0.text(0)) }
        let strays = present.filter { !known.contains($0) }
        guard !strays.isEmpty else { return }
        // Inside a transaction nobody is just making one.
        try database.transaction { () throws in
            for name in strays where !name.hasPrefix(".") {
                guard try VolumeTable.find(name, in: database) == nil else { continue }
                let path = "\(location.volumes)/\(name)"
                rmdir("\(path)/_data")
                rmdir(path)
            }
        }
        for name in strays where name.hasPrefix(".") {
            try? removeTree("\(location.volumes)/\(name)")
        }
    }
}
