// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Engine
import OCI
import Testing

struct ProcessTests {
    @Test(
        arguments: [
            (
                false, [],
                [
                    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "HOSTNAME=0123456789ab",
                ]
            ),
            (
                true, ["PATH=/bin", "A=1"],
                ["PATH=/bin", "HOSTNAME=0123456789ab", "TERM=xterm", "A=1"]
            ),
            (
                true, ["TERM=vt100", "HOSTNAME"],
                ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=vt100"]
            ),
        ] as [(Bool, [String], [String])])
    func environment(terminal: Bool, given: [String], whole: [String]) throws {
        let fixture = SpecificationFixture {
            $0.configuration.tty = terminal
            $0.configuration.env = given
        }
        #expect(try fixture.request().spec.process?.env == whole)
        #expect(try fixture.request().terminal == terminal)
    }

    @Test(arguments: [("", "/"), ("/a/./b/..", "/a"), ("/x", "/x")])
    func workingDirectory(given: String, path: String) throws {
        let fixture = SpecificationFixture { $0.configuration.workingDir = given }
        #expect(try fixture.request().spec.process?.cwd == path)
    }

    @Test func relativeWorkingDirectory() {
        #expect(
            SpecificationFixture { $0.configuration.workingDir = "x" }.refusal()
                == "the working directory 'x' is invalid, it needs to be an absolute path")
    }

    @Test func nothingToRun() {
        #expect(
            SpecificationFixture {
                $0.configuration.cmd = []
                $0.configuration.entrypoint = [""]
            }.refusal() == "no command specified")
    }

    @Test func user() throws {
        let fixture = SpecificationFixture {
            $0.configuration.user = "www:adm"
            $0.host.groupAdd = ["audio", "7"]
        }
        #expect(try fixture.request().user == .named("www:adm", groups: ["audio", "7"]))
    }

    @Test func limits() throws {
        let fixture = SpecificationFixture {
            $0.host.ulimits = [
                Ulimit(name: "nofile", soft: 10, hard: 20),
                Ulimit(name: "core", soft: -1, hard: -1),
            ]
        }
        #expect(
            try fixture.request().spec.process?.rlimits == [
                Spec.Rlimit(type: "RLIMIT_NOFILE", soft: 10, hard: 20),
                Spec.Rlimit(type: "RLIMIT_CORE", soft: .max, hard: .max),
            ])
    }

    @Test(arguments: [
        (Ulimit(name: "foo", soft: 1, hard: 1), "invalid ulimit type: foo"),
        (
            Ulimit(name: "nofile", soft: 2, hard: 1),
            "ulimit soft limit must be less than or equal to hard limit: 2 > 1"
        ),
        (
            Ulimit(name: "nofile", soft: -1, hard: 1),
            "ulimit soft limit must be less than or equal to hard limit: -1 > 1"
        ),
    ])
    func refusedLimit(limit: Ulimit, message: String) {
        #expect(SpecificationFixture { $0.host.ulimits = [limit] }.refusal() == message)
    }
}
