// SPDX-License-Identifier: Apache-2.0

import Glibc
import OCI
import Testing

@testable import Engine

struct ContainerDocumentTests {
    /// The members of Docker 28.2's answer (Engine API 1.50), in its order.
    static let members = [
        "Id", "Created", "Path", "Args", "State", "Image", "ResolvConfPath", "HostnamePath",
        "HostsPath", "LogPath", "Name", "RestartCount", "Driver", "Platform", "MountLabel",
        "ProcessLabel", "AppArmorProfile", "ExecIDs", "HostConfig", "GraphDriver", "Mounts",
        "Config", "NetworkSettings",
    ]

    private static func keys(_ value: JSONValue?) -> [String] {
        value?.objectValue?.members.map(\.key) ?? []
    }

    @Test func members() throws {
        let fixture = try ContainerListingTests.filled()
        let plain = try fixture.engine.inspectContainer("alpha")
        #expect(Self.keys(plain) == Self.members)
        let sized = try fixture.engine.inspectContainer("alpha", sizes: true)
        #expect(Set(Self.keys(sized)).subtracting(Self.members) == ["SizeRw", "SizeRootFs"])
        #expect(sized["SizeRootFs"] == 1000)
        #expect(
            Self.keys(plain["State"]) == [
                "Status", "Running", "Paused", "Restarting", "OOMKilled", "Dead", "Pid", "ExitCode",
                "Error", "StartedAt", "FinishedAt",
            ])
    }

    @Test func running() throws {
        let fixture = try ContainerListingTests.filled()
        let alpha = try fixture.engine.inspectContainer("/alpha")
        #expect(alpha["Name"] == "/alpha" && alpha["Path"] == "/init")
        #expect(alpha["Args"] == ["sleep", "100"])
        #expect(alpha["Image"] == .string("\(RecordFixture.image)"))
        #expect(alpha["Created"] == "2026-11-23T22:46:41Z")
        let state = try #require(alpha["State"])
        #expect(state["Status"] == "running" && state["Running"] == true)
        #expect(state["Pid"] == .integer(Int64(getpid())))
        #expect(state["StartedAt"] == "2026-11-23T22:48:20Z")
        #expect(state["FinishedAt"] == "0001-01-01T00:00:00Z")
        #expect(alpha["GraphDriver"]?["Data"]?["MergedDir"] == .string("/proc/\(getpid())/root"))
        let lowers = RecordFixture.layers.reversed()
            .map { "\(fixture.engine.location.root)/layers/\($0.hex)/fs" }
        #expect(
            alpha["GraphDriver"]?["Data"]?["LowerDir"] == .string(lowers.joined(separator: ":")))
    }

    @Test func mounts() throws {
        let fixture = try ContainerListingTests.filled()
        let mounts = try #require(fixture.engine.inspectContainer("alpha")["Mounts"]?.arrayValue)
        #expect(
            mounts[0].text()
                == #"{"Type":"volume","Name":"box","Source":"/v/box","Destination":"/data","#
                + #""Driver":"local","Mode":"","RW":true,"Propagation":""}"#)
        #expect(
            mounts[1].text()
                == #"{"Type":"bind","Source":"/etc","Destination":"/host","Mode":"","RW":true,"#
                + #""Propagation":"rprivate"}"#)
    }

    @Test func endedAndCreated() throws {
        let fixture = try ContainerListingTests.filled()
        let beta = try #require(fixture.engine.inspectContainer("beta")["State"])
        #expect(beta["Status"] == "exited" && beta["ExitCode"] == 3 && beta["Running"] == false)
        #expect(beta["Pid"] == 0 && beta["FinishedAt"] == "2026-11-23T22:50:00Z")
        let gamma = try fixture.engine.inspectContainer("gamma")
        #expect(gamma["State"]?["Status"] == "created")
        #expect(gamma["NetworkSettings"]?["SandboxKey"] == "")
        #expect(gamma["NetworkSettings"]?["Ports"] == [:])
        #expect(gamma["NetworkSettings"]?["IPAddress"] == "")
        #expect(Self.keys(gamma["NetworkSettings"]?["Networks"]) == ["none"])
        #expect(gamma["HostConfig"]?["NetworkMode"] == "none")
        #expect(gamma["Config"]?["Image"] == "gone")
    }

    @Test(arguments: ["3", "333", "gamma", "/gamma"])
    func names(_ name: String) throws {
        let fixture = try ContainerListingTests.filled()
        #expect(try fixture.engine.inspectContainer(name)["Name"] == "/gamma")
    }

    @Test func missing() throws {
        let fixture = try ContainerListingTests.filled()
        #expect(throws: EngineError.noSuchContainer("zeta")) {
            try fixture.engine.inspectContainer("zeta")
        }
    }
}
