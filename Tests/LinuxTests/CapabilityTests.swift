// SPDX-License-Identifier: Apache-2.0

import Linux
import Testing

struct CapabilityTests {
    @Test(arguments: [
        (Capability.chown, 0, "CAP_CHOWN"), (.dacReadSearch, 2, "CAP_DAC_READ_SEARCH"),
        (.setpcap, 8, "CAP_SETPCAP"), (.netBindService, 10, "CAP_NET_BIND_SERVICE"),
        (.sysRawio, 17, "CAP_SYS_RAWIO"), (.sysAdmin, 21, "CAP_SYS_ADMIN"),
        (.sysTtyConfig, 26, "CAP_SYS_TTY_CONFIG"), (.setfcap, 31, "CAP_SETFCAP"),
        (.syslog, 34, "CAP_SYSLOG"), (.bpf, 39, "CAP_BPF"),
        (.checkpointRestore, 40, "CAP_CHECKPOINT_RESTORE"),
    ])
    func kernelsNumberAndName(_ capability: Capability, _ number: Int, _ name: String) {
        #expect(capability.rawValue == UInt8(number))
        #expect(capability.name == name)
    }

    /// The table of names and the list of cases say the same.
    @Test(arguments: Capability.allCases)
    func nameFollowsTheCase(_ capability: Capability) {
        let derived = "\(capability)".reduce(into: "CAP_") {
            $0 += ($1.isUppercase ? "_" : "") + $1.uppercased()
        }
        #expect(capability.name == derived)
    }

    @Test func thereAre41() { #expect(Capability.allCases.count == 41) }

    @Test(arguments: ["CAP_SYS_ADMIN", "SYS_ADMIN", "sys_admin", "cap_sys_admin", "Cap_Sys_Admin"])
    func readsEverySpelling(_ text: String) { #expect(Capability(name: text) == .sysAdmin) }

    @Test(arguments: ["", "CAP_", "SYSADMIN", "CAP_FOO", "ALL", "CAP_SYS_ADMIN "])
    func refusesOthers(_ text: String) { #expect(Capability(name: text) == nil) }

    @Test func dockersFourteen() {
        // The mask that /proc/self/status shows in a container of Docker's.
        #expect(CapabilitySet.docker.rawValue == 0xa804_25fb)
        #expect(CapabilitySet.docker.names.count == 14)
        #expect(CapabilitySet(names: CapabilitySet.docker.names) == .docker)
    }

    @Test func namesOfNobodyAreLeftOut() {
        #expect(CapabilitySet(names: ["CAP_KILL", "CAP_FUTURE"]) == [.kill])
    }

    @Test(
        arguments: [
            ([], [], CapabilitySet.docker),
            (["NET_ADMIN"], [], CapabilitySet.docker.union([.netAdmin])),
            ([], ["cap_chown"], CapabilitySet.docker.subtracting([.chown])),
            (["chown"], ["ALL"], [.chown]),
            ([], ["all"], []),
            (["ALL"], [], CapabilitySet.all),
            (["ALL"], ["SYS_ADMIN"], CapabilitySet.all.subtracting([.sysAdmin])),
            (["ALL"], ["ALL"], CapabilitySet.all),
            (["KILL"], ["KILL"], CapabilitySet.docker),
        ] as [([String], [String], CapabilitySet)])
    func addsAndDrops(_ add: [String], _ drop: [String], _ expected: CapabilitySet) throws {
        #expect(try CapabilitySet.docker.adjusted(adding: add, dropping: drop) == expected)
    }

    @Test(
        arguments: [
            (["foo"], [], #"invalid CapAdd: unknown capability: "CAP_FOO""#),
            ([], ["CAP_Bar"], #"invalid CapDrop: unknown capability: "CAP_BAR""#),
        ] as [([String], [String], String)])
    func dockersWordsForTheUnknown(_ add: [String], _ drop: [String], _ text: String) {
        let error = #expect(throws: CapabilityError.self) {
            try CapabilitySet.docker.adjusted(adding: add, dropping: drop)
        }
        #expect(error?.description == text)
    }

    @Test func readsItsOwnSets() throws {
        let sets = try currentCapabilities()
        #expect(sets.effective.intersection(sets.permitted) == sets.effective)
    }
}
