// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// Mistakes: one clear line, Docker's exit code, nothing left behind.
    @Suite struct BadInputTests {
        let swocker = Swocker()

        @Test(arguments: [
            ("run nosuchimage", 125, "nosuchimage"),
            ("run --pull never nosuchimage", 125, "No such image: nosuchimage:latest"),
            ("run Bad/NAME", 125, "invalid reference format"),
            ("run --badflag busybox", 125, "unknown flag: --badflag"),
            ("run -Z busybox", 125, "unknown shorthand flag: 'Z' in -Z"),
            ("run --name", 125, "flag needs an argument: --name"),
            ("run", 1, "requires at least 1 argument"),
            ("run --rm --restart always busybox", 125, "--restart and --rm"),
            ("run --pull foo busybox", 125, "invalid pull option: 'foo'"),
            ("run --network nosuch busybox", 125, "nosuch"),
            ("run --env-file /nosuch busybox", 125, "/nosuch"),
            ("run --rm --device /dev/nosuch busybox", 127, "/dev/nosuch"),
            ("run -d -a stdout busybox", 1, "onflicting options"),
            ("create nosuchimage", 1, "nosuchimage"),
            ("create --badflag", 125, "unknown flag"),
            ("foo", 1, "unknown command"),
            ("ps extra", 1, "accepts no arguments"),
            ("logs", 1, "requires 1 argument"),
            ("start nosuch", 1, "No such container: nosuch"),
            ("stop nosuch", 1, "No such container: nosuch"),
            ("kill nosuch", 1, "No such container: nosuch"),
            ("attach nosuch", 1, "No such container: nosuch"),
            ("rmi nosuch", 1, "No such image: nosuch:latest"),
            ("image inspect nosuch", 1, "No such image: nosuch"),
            ("logs -n x nosuch", 1, "No such container"),
            ("load -i /nosuch", 1, "no such file or directory"),
        ])
        func mistakes(_ line: String, code: Int32, says text: String) {
            let outcome = swocker(words(line))
            #expect(outcome.code == code && outcome.err.contains(text), "\(outcome)")
            #expect(!outcome.out.contains("Error"), "\(outcome)")
            #expect(swocker("ps", "-aq") == Outcome(0))
        }

        @Test func helpAndVersion() {
            let help = swocker("run", "--help")
            #expect(help.code == 0 && help.out.contains("Usage:") && help.err == "", "\(help)")
            #expect(swocker().code == 0)
            let version = swocker("--version")
            #expect(version.code == 0 && version.lines.count == 1, "\(version)")
            #expect(swocker("version").code == 0)
            #expect(swocker("info").code == 0)
        }

        @Test(.enabled(if: isInstalled("setpriv"), "setpriv is not installed"))
        func withoutRoot() {
            chmod(swocker.directory, 0o777)
            let outcome = swocker.host(
                "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                Swocker.program, "run", "--rm", "busybox", "true")
            #expect(outcome.code == 1 || outcome.code == 125, "\(outcome)")
            let first = outcome.err.split(separator: "\n").first ?? ""
            #expect(first.contains("root") || first.contains("permission denied"), "\(outcome)")
        }

        @Test func dataIsUnreadableForOthers() {
            swocker.sh("true")
            var status = stat()
            #expect(stat(swocker.root, &status) == 0 && status.st_mode & 0o077 & ~0o011 == 0)
            for name in entries(swocker.root) {
                #expect(lstat("\(swocker.root)/\(name)", &status) == 0)
                #expect(
                    status.st_mode & 0o066 == 0, "\(name) is \(String(status.st_mode, radix: 8))")
            }
        }

        @Test func aStoreThatIsNoDirectory() {
            make(swocker.path("plain"), "")
            let outcome = swocker("--root", swocker.path("plain"), "run", "--rm", "busybox", "true")
            #expect(outcome.code == 125, "\(outcome)")
            #expect(outcome.err.split(separator: "\n").count <= 2, "\(outcome)")
        }

        @Test func aStateDatabaseOfGarbage() {
            let other = swocker.path("other")
            mkdir(other, 0o700)
            make("\(other)/state.db", String(repeating: "garbage ", count: 1000))
            let outcome = swocker("--root", other, "ps", "-a")
            #expect(
                outcome.code == 1 && outcome.err.split(separator: "\n").count == 1, "\(outcome)")
        }
    }
}
