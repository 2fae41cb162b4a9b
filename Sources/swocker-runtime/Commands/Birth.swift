// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Glibc
import Linux
import OCI

// What `create` and `run` have in common: the bundle, the terminal, the descriptors.

/// The options of both.
let birthOptions = [
    Option("bundle", "b", .value, "directory of the bundle (default: the current one)"),
    Option("console-socket", .value, "Unix socket that takes the main end of the terminal"),
    Option("pid-file", .value, "file to write the process's number to"),
    Option("no-pivot", .flag, "move into the root rather than pivot, as on an initial ramdisk"),
    Option("no-new-keyring", .flag, "keep the caller's session keyring"),
    Option("preserve-fds", .number, "how many descriptors from 3 on the program gets"),
]

/// A container about to be made.
struct Birth {
    var request: CreationRequest
    private let arguments: Arguments

    /// Reads the bundle. Where root in the container is root outside, the program begins anew first,
    /// out of a file that nobody can write to.
    init(_ arguments: Arguments, _ context: Context) throws {
        self.arguments = arguments
        let bundle = try Bundle(arguments["bundle"] ?? ".")
        if !bundle.mentionsUserNamespace { try ProtectedProgram.ensure() }
        let spec = try bundle.specification()
        if spec.linux?.namespaces.contains(where: { $0.type == .user }) != true {
            try ProtectedProgram.ensure()
        }
        request = CreationRequest(id: arguments.id, bundle: bundle, spec: spec)
        request.usesSystemd = context.usesSystemd
        request.toleratesCgroups = context.toleratesCgroups
        request.keepsKeyring = arguments.flag("no-new-keyring")
        request.movesRoot = arguments.flag("no-pivot")
        request.preservedDescriptors = try PreservedDescriptors.count(
            arguments, environment: &request.environment)
        request.pidFile = arguments["pid-file"].map(absolute)
    }

    var isTerminal: Bool { request.spec.process?.terminal == true }

    /// Connects to the caller's console socket.
    func console(isDetached: Bool) throws -> OwnedFD? {
        try ConsoleSocket.connect(
            arguments["console-socket"].map(absolute), terminal: isTerminal,
            isDetached: isDetached)
    }

    /// The container's hooks expect the bundle as their working directory.
    func make(in context: Context, console: CInt?) throws -> CreatedContainer {
        var request = request
        request.console = console
        let path = request.bundle.path
        _ = try attempting("chdir \(path)") { () throws(Errno) in try syscall { chdir(path) } }
        return try context.root.create(request)
    }
}

/// A path that means the same after a chdir(2).
func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let directory = try? ThisProcess.workingDirectory() else {
        return path
    }
    return "\(directory)/\(path)"
}

/// The descriptors that a caller hands on: `--preserve-fds`, and those of systemd's socket
/// activation (sd_listen_fds(3)).
enum PreservedDescriptors {
    static func count(_ arguments: Arguments, environment: inout [String]) throws -> Int {
        var count = 0
        if let text = getenv("LISTEN_FDS"), let listening = Int(String(cString: text)),
            (1...1024).contains(listening)
        {
            count = listening
            environment += ["LISTEN_FDS=\(listening)", "LISTEN_PID=1"]
        }
        let asked = arguments.number("preserve-fds") ?? 0
        guard (0...65536).contains(asked) else {
            throw UsageError("invalid value \"\(asked)\" for flag -preserve-fds")
        }
        count += Int(asked)
        for number in 3..<(3 + max(count, 0)) where fcntl(CInt(number), F_GETFD) < 0 {
            throw UsageError("unable to preserve descriptor \(number): it is not open")
        }
        return count
    }
}

/// The socket over which the main end of a terminal leaves.
enum ConsoleSocket {
    /// - Returns: nil when there is no terminal, or it stays here.
    static func connect(
        _ path: String?, terminal: Bool, isDetached: Bool
    ) throws -> OwnedFD? {
        guard let path, !path.isEmpty else {
            if terminal && isDetached {
                throw UsageError(
                    "cannot allocate tty if the container is detached without --console-socket")
            }
            return nil
        }
        guard terminal && isDetached else {
            throw UsageError("cannot use --console-socket without a detached terminal")
        }
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
        let directory = path[..<slash]
        return try UnixSocket.connect(
            to: String(path[path.utf8.index(after: slash)...]),
            in: directory.isEmpty ? "/" : String(directory))
    }
}
