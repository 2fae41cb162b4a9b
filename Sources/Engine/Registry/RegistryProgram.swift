// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import OCI

/// `swocker-registry`, which speaks with registries: a program of its own, because it has threads and
/// this one must not.
public struct RegistryProgram: Equatable, Sendable {
    let path: String?

    /// - Parameter path: where it lies; nil when it is not installed.
    public init(path: String?) { self.path = path }

    private func program(_ request: RegistryRequest) throws -> (String, Program) {
        guard let path else {
            throw EngineError.unsupported("registries: swocker-registry is not installed")
        }
        return (
            path,
            Program(
                ["swocker-registry", request.word, try request.json().text()],
                environment: inheritedEnvironment())
        )
    }

    /// Becomes it; the terminal and its exit code are its own from then on.
    public func execute(_ request: RegistryRequest) throws {
        let (path, program) = try program(request)
        try attempting("execute \(path)") { () throws(Errno) in try program.execute(at: path) }
    }

    /// Pulls and waits for the end; what it shows goes to standard error.
    /// - Throws: `EngineError.registry` with its reason.
    func pull(_ request: RegistryRequest) throws {
        var request = request
        let failures = try attempting("pull") { () throws(Errno) in try DescriptorPair.pipe() }
        request.pull?.failures = failures.second.raw
        request.pull?.isForRun = true
        let (path, program) = try program(request)
        let child = try attempting("start \(path)") { () throws(Errno) in
            try fork {
                try? failures.second.setCloseOnExec(false)
                try? program.execute(at: path)
                return 127
            }
        }
        let reader = failures.takeFirst()
        let text = try attempting("pull") { () throws(Errno) in
            try readAll(from: reader.raw, limit: 64 << 10)
        }
        let end = try attempting("pull") { () throws(Errno) in try child.reap() }
        guard end?.exitCode == 0 else {
            let reason = String(decoding: text, as: UTF8.self)
            throw EngineError.registry(
                reason.isEmpty
                    ? "the pull ended unexpectedly (exit code \(end?.exitCode ?? -1))" : reason)
        }
    }
}

extension Engine {
    /// Notes that an image came from a registry: `pull`.
    public func recordPull(of reference: String, repository: String) {
        record(Event(.image, "pull", reference, ["name": repository]))
    }

    /// Notes that an image went to a registry: `push`.
    public func recordPush(of reference: String, repository: String) {
        record(Event(.image, "push", reference, ["name": repository]))
    }
}
