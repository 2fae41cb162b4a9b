// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc
import Linux

/// What `run`, `start -a`, `attach` and `exec` have in common: a session at the user's terminal.
enum Session {
    /// The exit code of a session, and what there is to say about its end.
    /// - Parameter detachCode: 0 for `run`; `attach`, `start` and `exec` say so and end with 1.
    static func exitCode(
        _ outcome: AttachOutcome, detachCode: Int32, _ surroundings: Surroundings
    ) -> Int32 {
        switch outcome {
        case .exited(let code): return code
        case .detached:
            if detachCode != 0 { surroundings.complain("read escape sequence\n") }
            return detachCode
        case .disconnected:
            surroundings.complain("swocker: the container's monitor is gone\n")
            return 125
        case .outputClosed: return 128 + SIGPIPE
        case .interrupted:
            surroundings.complain("\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n")
            return 1
        case .terminated(let signal): return 128 + signal
        }
    }

    /// Docker's check: a terminal session needs a terminal to type on.
    static func checkTerminal(tty: Bool, stdin: Bool) throws {
        guard tty, stdin, !Terminal.input.isTerminal else { return }
        throw UsageError("the input device is not a TTY")
    }

    /// The size of the user's terminal, if there is one.
    static var terminalSize: WindowSize? {
        for descriptor in [STDOUT_FILENO, STDIN_FILENO] {
            if let size = try? WindowSize(of: descriptor), size.rows > 0 { return size }
        }
        return nil
    }
}

extension DetachKeys {
    /// The keys of the option, else of the client's configuration, else Docker's.
    init(chosen: String?, configured: String) throws {
        let text = chosen.flatMap { $0.isEmpty ? nil : $0 } ?? configured
        guard !text.isEmpty else {
            self = .standard
            return
        }
        do { try self.init(parsing: text) } catch {
            throw UsageError("Invalid detach keys (\(text)) provided")
        }
    }
}
