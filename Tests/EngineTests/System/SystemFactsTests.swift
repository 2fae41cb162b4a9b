// SPDX-License-Identifier: Apache-2.0

import Linux
import SQLite
import Testing

@testable import Engine

struct SystemFactsTests {
    @Test func osRelease() {
        let text = """
            # a remark
            PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
            VERSION_ID='12'
            ID=debian
            EMPTY=
            broken
            """
        #expect(
            OSRelease.parse(text) == [
                "PRETTY_NAME": "Debian GNU/Linux 12 (bookworm)", "VERSION_ID": "12", "ID": "debian",
            ])
    }

    static let mounts = """
        22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
        30 22 0:25 / /var rw shared:2 - xfs /dev/b rw
        31 30 0:26 / /var/lib/swocker rw - btrfs /dev/c rw
        32 22 0:27 / /variety rw - tmpfs none rw
        """

    @Test(arguments: [
        ("/", "ext4"), ("/usr/lib", "ext4"), ("/var", "xfs"), ("/var/lib", "xfs"),
        ("/var/lib/swocker", "btrfs"), ("/var/lib/swocker/layers", "btrfs"),
        ("/var/lib/swocker2", "xfs"), ("/variety/x", "tmpfs"),
    ])
    func fileSystem(_ path: String, _ type: String) {
        #expect(MountTable.fileSystem(of: path, in: Self.mounts) == type)
    }

    @Test func thisMachine() {
        let machine = Machine.current
        #expect(!machine.kernel.isEmpty && !machine.hardware.isEmpty && !machine.name.isEmpty)
        #expect(machine.processors > 0 && machine.memory > 1 << 20)
    }

    @Test func counts() throws {
        let fixture = try ContainerListingTests.filled()
        let facts = try fixture.engine.facts()
        #expect(facts.containers == 3 && facts.running == 1 && facts.stopped == 2)
        #expect(facts.images == 1 && facts.root == fixture.engine.location.root)
        #expect(!facts.backingFileSystem.isEmpty)
    }

    @Test func warnings() {
        var features = KernelFeatures()
        #expect(features.warnings.count == 4)
        features.cgroupVersion = 2
        features.controllers = ["cpu", "memory", "pids"]
        (features.hasSeccomp, features.hasUserNamespaces) = (true, true)
        (features.hasIDMappedMounts, features.hasOverlay) = (true, true)
        #expect(features.warnings == ["WARNING: No swap limit support"])
        features.limitsSwap = true
        #expect(features.warnings.isEmpty)
    }

    @Test func failureKinds() {
        let full = KernelError(action: "write", errno: .noSpace)
        #expect(FailureKind(of: full) == .diskFull)
        #expect(FailureKind(of: KernelError(action: "a", errno: .accessDenied)) == .notPermitted)
        #expect(
            FailureKind(of: KernelError(action: "a", errno: .noSystemCall))
                == .missingKernelFeature)
        #expect(FailureKind(of: EngineError.notRunning(id: "a")) == .other)
    }
}
