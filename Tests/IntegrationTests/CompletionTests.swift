// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// The completion scripts, in the shells that they are for: the tab key is pressed.
    @Suite struct CompletionTests {
        let swocker = Swocker()

        /// A shell, how it is started without anybody's settings, and how it takes the script.
        enum Shell: String, CaseIterable, Sendable {
            case bash, zsh, fish

            var program: [String] {
                switch self {
                case .bash: ["bash", "--norc", "--noprofile", "-i"]
                case .zsh: ["zsh", "-f", "-i"]
                case .fish: ["fish", "--no-config", "-i"]
                }
            }

            var preparation: String {
                switch self {
                case .bash: "bind 'set enable-bracketed-paste off'; . <(swocker completion bash)"
                case .zsh:
                    "autoload -Uz compinit && compinit -u -D && . <(swocker completion zsh)"
                case .fish: "swocker completion fish | source"
                }
            }
        }

        /// What is typed before the tab key, and how the program is called then.
        static let lines = [
            ("stop running-w", "stop running-web"),
            ("container start stopped-w", "container start stopped-web"),
            ("rmi busyb", "rmi busybox:latest"), ("volume rm my-v", "volume rm my-volume"),
            ("network inspect my-n", "network inspect my-network"), ("unpa", "unpause"),
            ("run --sig-p", "run --sig-proxy"), ("container ren", "container rename"),
        ]

        /// A program of the same name that tells how it is called.
        private func makeTelltale() {
            let script = """
                #!/bin/sh
                case $1 in
                __complete | completion) exec \(Swocker.program) "$@" ;;
                *) echo "called:[$*]" ;;
                esac
                """
            make(swocker.path("swocker"), script)
            chmod(swocker.path("swocker"), 0o755)
        }

        @Test(arguments: Shell.allCases)
        func completes(_ shell: Shell) throws {
            guard isInstalled(shell.rawValue) else { return }
            swocker.sleeper("running-web", "-v", "my-volume:/data")
            swocker("create", "--name", "stopped-web", "busybox")
            swocker("network", "create", "my-network")
            makeTelltale()
            let own = swocker.surroundings([
                "LC_ALL=C.UTF-8", "ZDOTDIR=\(swocker.directory)",
                "XDG_CONFIG_HOME=\(swocker.directory)", "XDG_DATA_HOME=\(swocker.directory)",
            ]).environment.filter { !$0.hasPrefix("PATH=") }
            let path = "PATH=\(swocker.directory):/usr/local/bin:/usr/bin:/bin"
            let session = TerminalSession(
                shell.program, Surroundings(environment: [path] + own))
            session.type("\(shell.preparation); echo is-\"ready\"\n")
            try #require(session.expect("is-ready"))
            for (typed, wanted) in Self.lines {
                session.type("swocker \(typed)\t\n")
                guard session.expect("called:[\(wanted)]") else { break }
            }
            session.type("exit\n")
            _ = session.wait()
        }
    }
}
