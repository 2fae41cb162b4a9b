// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

/// config.json as the world writes it.
struct RuntimeSpecTests {
    private static let document = #"""
        {"ociVersion": "1.2.0", "unknown": {"x": [1]}, "mounts": null,
         "process": {"user": {"uid": 1, "gid": 2, "umask": 63, "additionalGids": [3],
                              "username": "u"},
            "args": ["a"], "cwd": "/", "env": null, "commandLine": "windows",
            "scheduler": {"policy": "SCHED_DEADLINE", "flags": ["SCHED_FLAG_RECLAIM"],
                "runtime": 1, "deadline": 18446744073709551615, "period": 3},
            "execCPUAffinity": {"initial": "0-1", "final": "2"}},
         "linux": {"timeOffsets": {"monotonic": {"secs": -5, "nanosecs": 7}, "boottime": {}},
            "namespaces": [{"type": "time"}],
            "personality": {"domain": "LINUX32"}, "mountLabel": "l",
            "intelRdt": {"closID": "c", "l3CacheSchema": "L3:0=f", "enableCMT": true}}}
        """#

    @Test func readsEverything() throws {
        let spec = try Spec(json: Array(Self.document.utf8))
        let process = try #require(spec.process)
        #expect(process.user.username == "u" && process.user.umask == 63)
        #expect(process.scheduler?.flags == ["SCHED_FLAG_RECLAIM"])
        #expect(process.scheduler?.deadline == .max)
        #expect(process.execCPUAffinity == .init(initial: "0-1", final: "2"))
        let linux = try #require(spec.linux)
        #expect(linux.timeOffsets["monotonic"] == .init(secs: -5, nanosecs: 7))
        #expect(linux.timeOffsets["boottime"] != nil)
        #expect(linux.personality == .init(domain: "LINUX32"))
        #expect(linux.intelRdt?.closID == "c" && linux.mountLabel == "l")
        // What is written can be read.
        #expect(try Spec(json: spec.json()) == spec)
    }

    @Test(arguments: [
        (#"{}"#, "ociVersion is missing"),
        (#"{"ociVersion": 1}"#, "ociVersion: expected a string"),
        (#"{"ociVersion": "1.0.0", "mounts": {}}"#, "mounts: expected a list"),
        (
            #"{"ociVersion": "1.0.0", "process": {"user": {"uid": -1, "gid": 0}, "cwd": "/"}}"#,
            "process.user.uid: expected a whole number in range"
        ),
        (
            #"{"ociVersion": "1.0.0", "linux": {"namespaces": [{"type": "uts"}, {}]}}"#,
            "linux.namespaces.1.type is missing"
        ),
    ])
    func saysWhatIsWrong(_ document: String, _ line: String) {
        #expect {
            try Spec(json: Array(document.utf8))
        } throws: { error in
            (error as? DecodingError)?.line == line
        }
    }

    @Test(arguments: [
        ("1.0.0", true), ("1.0.2-dev", true), ("1.2.0", true), ("1.3.0", true), ("1.99.7", true),
        ("1.2.0+x", true), ("2.0.0", false), ("0.9.0", false), ("", false), ("1", false),
        ("1.2", false), ("1.2.x", false), ("v1.2.0", false), ("1..0", false), ("11.0.0", false),
    ])
    func version(_ text: String, _ isSupported: Bool) {
        #expect(SpecVersion.isSupported(text) == isSupported)
    }
}
