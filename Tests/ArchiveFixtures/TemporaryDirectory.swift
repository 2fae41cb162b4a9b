// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// A directory that goes with its owner.
public final class TemporaryDirectory {
    public let path: String

    public init() throws {
        var template = Array("/tmp/swocker-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw KernelError(action: "mkdtemp", errno: Errno(rawValue: errno))
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? removeTree(path) }

    /// Writes a file, with its parents, and says where.
    @discardableResult
    public func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = "\(path)/\(name)"
        if let slash = file.lastIndex(of: "/") { try makeDirectories(String(file[..<slash])) }
        try replaceFile(file, with: bytes)
        return file
    }
}
