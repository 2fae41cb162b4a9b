// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import OCI

/// What `--output` may name, in the words of Docker's client.
enum OutputFile {
    /// What a command says that would write an archive to a terminal.
    static let terminalRefusal =
        "cowardly refusing to save to a terminal. Use the -o flag or redirect"

    /// Refuses a file whose directory is not there, and what no file can take the place of.
    /// - Parameter lead: what the message begins with: `failed to save image`.
    static func check(_ path: String, _ lead: String) throws {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let directory = slash.map { String(path[..<$0]) } ?? ""
        if !directory.isEmpty, access(directory, F_OK) != 0, errno == ENOENT {
            throw UsageError(
                "\(lead): invalid output path: directory \(quoted(directory)) does not exist")
        }
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: throw UsageError("\(lead): \(inert(path)): is a directory")
        case S_IFCHR, S_IFBLK: throw refusal(path, lead, "got a device")
        default: throw refusal(path, lead, "got an irregular file")
        }
    }

    private static func refusal(_ path: String, _ lead: String, _ what: String) -> UsageError {
        UsageError(
            "\(lead): invalid output path: \(quoted(path)) must be a directory or a regular file:"
                + " \(what)")
    }
}
