// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// Binds and volumes.
    @Suite struct MountTests {
        let swocker = Swocker()

        /// A directory of the host with one file in it.
        private func shared(_ name: String = "shared") -> String {
            let path = swocker.path(name)
            mkdir(path, 0o755)
            chmod(path, 0o755)
            make("\(path)/file", "content\n")
            return path
        }

        private func owner(_ path: String) -> String {
            var status = stat()
            return lstat(path, &status) == 0 ? "\(status.st_uid):\(status.st_gid)" : "absent"
        }

        @Test func bindIsWritableAndKeepsOwners() {
            let path = shared()
            let outcome = swocker.sh(
                "cat /x/file; stat -c %u:%g /x/file; echo new > /x/new; touch /x/owned; "
                    + "chown 1000:1001 /x/owned; mkdir /x/dir", "-v", "\(path):/x")
            #expect(outcome == Outcome(0, out: "content\n0:0\n"))
            #expect(text("\(path)/new") == "new\n")
            #expect(owner("\(path)/new") == "0:0")
            #expect(owner("\(path)/owned") == "1000:1001")
            #expect(owner("\(path)/dir") == "0:0")
        }

        @Test(arguments: [
            "-v\u{0}PATH:/x:ro", "--mount\u{0}type=bind,src=PATH,dst=/x,ro",
            "--mount\u{0}type=bind,source=PATH,target=/x,readonly=true",
        ])
        func readOnlyBind(_ option: String) {
            let path = shared()
            let words = option.split(separator: "\u{0}").map {
                $0.split(separator: "PATH", omittingEmptySubsequences: false).joined(
                    separator: path)
            }
            let outcome = swocker(
                ["run", "--rm"] + words
                    + [
                        "busybox", "sh", "-c",
                        "cat /x/file; echo no > /x/new; rm /x/file; mount -o remount,rw /x",
                    ])
            #expect(outcome.out == "content\n", "\(outcome)")
            #expect(outcome.err.contains("Read-only file system"), "\(outcome)")
            #expect(!isThere("\(path)/new") && isThere("\(path)/file"))
        }

        @Test func bindOfAFile() {
            let path = shared()
            let outcome = swocker.sh(
                "cat /etc/it; echo more >> /etc/it", "-v", "\(path)/file:/etc/it")
            #expect(outcome == Outcome(0, out: "content\n"))
            #expect(text("\(path)/file") == "content\nmore\n")
        }

        @Test func relativeBind() {
            _ = shared()
            let outcome = swocker(
                "run", "--rm", "-v", "./shared:/x", "busybox", "cat", "/x/file",
                in: swocker.directory)
            #expect(outcome == Outcome(0, out: "content\n"))
        }

        @Test func missingSource() {
            let path = swocker.path("absent")
            #expect(swocker.sh("ls /x", "-v", "\(path):/x") == Outcome(0))
            #expect(isDirectory(path))
            let other = swocker.path("absent2")
            let mount = swocker.sh("ls /x", "--mount", "type=bind,src=\(other),dst=/x")
            #expect(mount.code == 125, "\(mount)")
            #expect(
                mount.err.contains(
                    "invalid mount config for type \"bind\": bind source path does not exist: \(other)"
                ),
                "\(mount)")
            #expect(!isThere(other))
        }

        @Test(arguments: [
            ("rel/x:/y", "includes invalid characters for a local volume name"),
            ("vol:y", "mount path must be absolute"), ("vol:/", "destination can't be '/'"),
            ("/tmp:/x:badmode", "invalid mode: badmode"),
        ])
        func badVolume(_ option: String, says words: String) {
            let outcome = swocker("run", "--rm", "-v", option, "busybox", "true")
            #expect(outcome.code == 125 && outcome.err.contains(words), "\(outcome)")
        }

        @Test(arguments: [
            ("foo=bar", "unexpected key 'foo' in 'foo=bar'"),
            ("type=bind,src=/tmp", "target"),
            ("type=volume,dst=/x,bind-propagation=rslave", "cannot mix"),
        ])
        func badMount(_ option: String, says words: String) {
            let outcome = swocker("run", "--rm", "--mount", option, "busybox", "true")
            #expect(outcome.code == 125 && outcome.err.contains(words), "\(outcome)")
        }

        @Test func namedVolumeLives() {
            #expect(swocker.sh("echo kept > /data/f", "-v", "vol:/data").code == 0)
            #expect(swocker.sh("cat /data/f", "-v", "vol:/data") == Outcome(0, out: "kept\n"))
            #expect(
                swocker.sh("cat /d/f", "--mount", "src=vol,dst=/d,ro") == Outcome(0, out: "kept\n"))
        }

        @Test func volumeIsFilledFromTheImage() {
            let outcome = swocker.sh(
                "cat /etc/passwd | head -n 1; stat -c %a /etc/shadow", "-v", "etc:/etc")
            #expect(outcome.out == "root:x:0:0:root:/root:/bin/sh\n600\n", "\(outcome)")
            let none = swocker.sh("ls /etc | grep -c passwd", "-v", "empty:/etc:nocopy")
            #expect(none.out == "0\n", "\(none)")
        }

        @Test func volumesBelongToTheSameUsersInEveryContainer() {
            #expect(swocker.sh("touch /v/f; chown 1000 /v/f", "-v", "shared:/v").code == 0)
            #expect(swocker.sh("stat -c %u /v/f", "-v", "shared:/v") == Outcome(0, out: "1000\n"))
            let host = swocker.sh("stat -c %u /v/f", "-v", "shared:/v", "--userns=host")
            #expect(host == Outcome(0, out: "1000\n"))
        }

        @Test func volumesFrom() {
            swocker.sleeper("donor", "-v", "vol:/data")
            swocker("exec", "donor", "sh", "-c", "echo hi > /data/f")
            let outcome = swocker.sh("cat /data/f; touch /data/g", "--volumes-from", "donor:ro")
            #expect(outcome.out == "hi\n" && outcome.code == 1, "\(outcome)")
        }

        @Test func nestedMountsComeAfterTheirParents() {
            let path = shared()
            let outcome = swocker.sh(
                "cat /a/b/file; ls /a", "-v", "\(path):/a/b", "--tmpfs", "/a")
            #expect(outcome.lines.first == "content" && outcome.lines.contains("b"), "\(outcome)")
        }

        @Test func writesOfAContainerAreItsOwn() {
            #expect(swocker.sh("echo x > /etc/passwd; rm -r /home; ls /").code == 0)
            let next = swocker.sh("head -n 1 /etc/passwd; ls -d /home")
            #expect(next.out == "root:x:0:0:root:/root:/bin/sh\n/home\n", "\(next)")
        }
    }
}
