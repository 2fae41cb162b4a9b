// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux
import Testing

/// Every test of the built program is in here. One after the other, because each looks at the whole
/// machine for what it may have left.
@Suite(
    .serialized,
    .enabled(if: Swocker.isUsable, "needs root and the program: make build, or SWOCKER=<path>"))
enum TheProgram {}

/// The built program with directories of a test's own. When the value goes, the test's containers are
/// removed, and what is left of them on the machine is a failure.
final class Swocker {
    let directory: String
    private let leftovers: Leftovers
    private let sourceLocation: SourceLocation
    private var undo: [() -> Void] = []

    /// - Parameter images: bundled images that are in the store already, so that `run` is silent.
    init(images: [String] = ["busybox"], sourceLocation: SourceLocation = #_sourceLocation) {
        var template = Array("/tmp/swocker-it-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "cannot make a directory in /tmp")
        directory = String(decoding: template.dropLast().map { UInt8($0) }, as: UTF8.self)
        chmod(directory, 0o755)
        leftovers = Leftovers(directory: directory)
        self.sourceLocation = sourceLocation
        for image in images {
            let loaded = self("load", "-q", "-i", Self.bundled(image))
            if loaded.code != 0 { complain("load failed: \(loaded)") }
        }
    }

    /// Runs when the test is over, the last registered first, before containers are removed.
    func atEnd(_ step: @escaping () -> Void) { undo.append(step) }

    deinit {
        for step in undo.reversed() { step() }
        let all = self("ps", "-aq", "--no-trunc")
        if all.code != 0 { complain("ps -aq failed: \(all)") }
        if !all.lines.isEmpty {
            let removed = self(["rm", "-f", "-v"] + all.lines)
            if removed.code != 0 { complain("rm -f failed: \(removed)") }
        }
        var leftovers = leftovers
        leftovers.networks = self("network", "ls", "-q", "--no-trunc").lines
        if !eventually(seconds: 3, { leftovers.list().isEmpty }) {
            complain("left behind: " + leftovers.list().joined(separator: "; "))
            leftovers.destroy()
        }
        do {
            try removeTree(directory)
        } catch {
            complain("cannot remove \(directory): \(error)")
        }
    }

    private func complain(_ text: String) {
        Issue.record(Comment(rawValue: text), sourceLocation: sourceLocation)
    }
}

// Where the program is.
extension Swocker {
    private static let checkout = String(
        #filePath.dropLast("/Tests/IntegrationTests/Swocker.swift".count))

    static let program = getenv("SWOCKER").map { String(cString: $0) } ?? "\(checkout)/bin/swocker"

    static var isUsable: Bool { geteuid() == 0 && access(program, X_OK) == 0 }

    /// The archive of an image that comes with the program.
    static func bundled(_ name: String) -> String {
        let folder = program.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return folder.joined(separator: "/") + "/images/\(name).tar"
    }

    var root: String { "\(directory)/root" }
    var state: String { "\(directory)/state" }

    func surroundings(_ variables: [String] = [], in folder: String? = nil) -> Surroundings {
        let fixed = [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=\(directory)", "TERM=xterm", "SWOCKER_ROOT=\(root)", "SWOCKER_STATE=\(state)",
        ]
        let names = Set(variables.map { $0.prefix { $0 != "=" } })
        let kept = fixed.filter { !names.contains($0.prefix { $0 != "=" }) }
        return Surroundings(environment: kept + variables, directory: folder)
    }
}

// Using it.
extension Swocker {
    /// Runs one command to its end.
    @discardableResult
    func callAsFunction(
        _ arguments: String..., input: StandardInput = .nothing, environment: [String] = [],
        in folder: String? = nil, seconds: Double = 30,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> Outcome {
        self(
            arguments, input: input, environment: environment, in: folder, seconds: seconds,
            sourceLocation: sourceLocation)
    }

    @discardableResult
    func callAsFunction(
        _ arguments: [String], input: StandardInput = .nothing, environment: [String] = [],
        in folder: String? = nil, seconds: Double = 30,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> Outcome {
        ChildProcess(
            [Self.program] + arguments, surroundings(environment, in: folder), stdin: input
        ).wait(seconds: seconds, sourceLocation: sourceLocation)
    }

    /// What `run --rm busybox sh -c SCRIPT` prints and answers, with options before the image.
    @discardableResult
    func sh(
        _ script: String, _ options: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) -> Outcome {
        self(
            ["run", "--rm"] + options + ["busybox", "sh", "-c", script],
            sourceLocation: sourceLocation)
    }

    /// Starts one command and lets it run.
    func start(_ arguments: String..., stdin: StandardInput = .nothing) -> ChildProcess {
        ChildProcess([Self.program] + arguments, surroundings(), stdin: stdin)
    }

    /// Starts one command and lets it run.
    func start(_ arguments: [String]) -> ChildProcess {
        ChildProcess([Self.program] + arguments, surroundings())
    }

    /// Starts one command at a terminal.
    func terminal(_ arguments: String...) -> TerminalSession {
        TerminalSession([Self.program] + arguments, surroundings())
    }

    /// A container that runs until it is told to stop, and does stop when told.
    @discardableResult
    func sleeper(
        _ name: String, _ options: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) -> String {
        let script = "trap 'exit 0' TERM INT; while :; do sleep 0.05; done"
        let started = self(
            ["run", "-d", "--name", name] + options + ["busybox", "sh", "-c", script])
        #expect(started.code == 0, "\(started)", sourceLocation: sourceLocation)
        return started.line
    }

    /// One line of `inspect`.
    func inspect(
        _ name: String, _ template: String, sourceLocation: SourceLocation = #_sourceLocation
    ) -> String {
        let answer = self("inspect", "-f", template, name)
        #expect(answer.code == 0, "\(answer)", sourceLocation: sourceLocation)
        return answer.line
    }

    /// The process of a container, as the host sees it; a number that no process has for one that does
    /// not run, so that a signal never goes to a group, or to everybody.
    func pid(_ name: String) -> pid_t { Self.process(inspect(name, "{{.State.Pid}}")) }

    static func process(_ text: String) -> pid_t {
        let pid = pid_t(text) ?? 0
        return pid > 1 ? pid : .max
    }

    /// The monitors of this test's containers.
    var monitors: [pid_t] { leftovers.processes(called: "swocker-mon") }

    /// Runs a tool of the host to its end.
    @discardableResult
    func host(
        _ arguments: String..., seconds: Double = 30,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> Outcome {
        ChildProcess(arguments, surroundings()).wait(
            seconds: seconds, sourceLocation: sourceLocation)
    }

    /// What is left on the machine now.
    func remains() -> [String] { leftovers.list() }

    /// A file in the test's directory.
    func path(_ name: String) -> String { "\(directory)/\(name)" }
}

/// The words of a line: tables read better without lists in them.
func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

/// Whether a program is installed on the host.
func isInstalled(_ program: String) -> Bool {
    ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"].contains {
        access("\($0)/\(program)", X_OK) == 0
    }
}
