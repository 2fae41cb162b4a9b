// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A program to become: its arguments and its environment.
public struct Program: Sendable {
    public let arguments: [String]
    public let environment: [String]

    public init(_ arguments: [String], environment: [String]) {
        self.arguments = arguments
        self.environment = environment
    }

    /// Replaces this process (execve(2)). A name without a slash is looked for along the PATH of the
    /// *new* environment. Returns only by throwing: ENOENT when nothing was found, EACCES when what
    /// was found may not be executed, EISDIR when it is a directory.
    public func execute() throws(Errno) {
        try search { (path) throws(Errno) in try execute(at: path) }
    }

    /// Whether `execute` would find something that this process may execute; throws what it would.
    public func find() throws(Errno) {
        try search { (path) throws(Errno) in
            try syscall { faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) }
            var status = stat()
            try syscall { stat(path, &status) }
            if status.st_mode & S_IFMT == S_IFDIR { throw Errno.isDirectory }
        }
    }

    private func search(_ attempt: (String) throws(Errno) -> Void) throws(Errno) {
        guard let name = arguments.first, !name.isEmpty else { throw Errno.noEntry }
        if name.utf8.contains(UInt8(ascii: "/")) { return try attempt(name) }
        var failure = Errno.noEntry
        for directory in searchPath {
            do throws(Errno) {
                return try attempt(directory.isEmpty ? "./\(name)" : "\(directory)/\(name)")
            } catch {
                switch error {
                case .noEntry, .notDirectory: continue
                case .accessDenied, .isDirectory: failure = .accessDenied
                default: throw error
                }
            }
        }
        throw failure
    }

    private var searchPath: [Substring] {
        let path = environment.last { $0.hasPrefix("PATH=") }?.dropFirst(5)
        return (path ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .split(separator: ":", omittingEmptySubsequences: false)
    }

    /// Replaces this process with the file at `path`, whatever the first argument says.
    public func execute(at path: String) throws(Errno) {
        do throws(Errno) {
            try withCStrings(arguments) { (argv) throws(Errno) in
                try withCStrings(environment) { (envp) throws(Errno) in
                    try syscall { execve(path, argv, envp) }
                }
            }
        } catch {
            var status = stat()
            if error == .accessDenied, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR
            {
                throw Errno.isDirectory
            }
            throw error
        }
    }
}

/// Lends `strings` as the null-terminated array of C strings that execve(2) takes.
public func withCStrings(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) throws(Errno) -> Void
) throws(Errno) {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    defer { pointers.forEach { free($0) } }
    pointers.append(nil)
    var failure: Errno?
    pointers.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        do throws(Errno) { try body(base) } catch { failure = error }
    }
    if let failure { throw failure }
}

/// This process's environment, as `Program` takes it.
public func inheritedEnvironment() -> [String] {
    var variables: [String] = []
    var next = clinux_environment()
    while let entry = next?.pointee {
        variables.append(String(cString: entry))
        next = next?.advanced(by: 1)
    }
    return variables
}
