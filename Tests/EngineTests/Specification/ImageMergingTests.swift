// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI
import Testing

struct ImageMergingTests {
    private func image(_ change: (inout ImageConfiguration.Execution) -> Void = { _ in })
        -> ImageConfiguration
    {
        var execution = ImageConfiguration.Execution()
        change(&execution)
        return ImageConfiguration(
            platform: Platform(os: "linux", architecture: "amd64"), diffIDs: [], config: execution)
    }

    /// Image entry point and command, the user's, and what runs.
    @Test(
        arguments: [
            (["e"], ["c"], [], [], ["e", "c"]),
            (["e"], ["c"], [], ["x"], ["e", "x"]),
            (["e"], ["c"], ["f"], [], ["f"]),
            (["e"], ["c"], ["f"], ["x"], ["f", "x"]),
            (["e"], ["c"], [""], ["x"], ["x"]),
            ([], ["c"], [], [], ["c"]),
            ([], [], [], ["x"], ["x"]),
        ] as [([String], [String], [String], [String], [String])])
    func command(
        imageEntrypoint: [String], imageCommand: [String], entrypoint: [String], cmd: [String],
        runs: [String]
    ) throws {
        var own = ContainerConfiguration()
        own.entrypoint = entrypoint
        own.cmd = cmd
        let merged = try own.merged(
            with: image {
                $0.entrypoint = imageEntrypoint
                $0.command = imageCommand
            })
        #expect(merged.entrypoint + merged.cmd == runs)
    }

    @Test(arguments: [[], [""]])
    func nothingToRun(entrypoint: [String]) {
        var own = ContainerConfiguration()
        own.entrypoint = entrypoint
        #expect(throws: ConfigurationError("no command specified")) {
            try own.merged(with: image { $0.command = entrypoint.isEmpty ? nil : ["c"] })
        }
    }

    @Test func environmentIsTheUsersFirst() throws {
        var own = ContainerConfiguration()
        own.cmd = ["x"]
        own.env = ["B=mine", "C"]
        let merged = try own.merged(with: image { $0.environment = ["A=1", "B=2", "C=3"] })
        #expect(merged.env == ["B=mine", "C", "A=1"])
    }

    @Test func scalarsAndSets() throws {
        var own = ContainerConfiguration()
        own.cmd = ["x"]
        own.labels = ["a": "mine"]
        own.volumes = ["/v"]
        own.exposedPorts = ["1/udp"]
        own.user = "me"
        let merged = try own.merged(
            with: image {
                $0.user = "you"
                $0.workingDirectory = "/w"
                $0.stopSignal = "SIGINT"
                $0.labels = ["a": "1", "b": "2"]
                $0.volumes = ["/w": .init()]
                $0.exposedPorts = ["80": .init()]
                $0.shell = ["/bin/ash", "-c"]
            })
        #expect(merged.user == "me")
        #expect(merged.workingDir == "/w")
        #expect(merged.stopSignal == "SIGINT")
        #expect(merged.labels == ["a": "mine", "b": "2"])
        #expect(merged.volumes.names == ["/v", "/w"])
        #expect(merged.exposedPorts.names == ["1/udp", "80/tcp"])
        #expect(merged.shell == ["/bin/ash", "-c"])
    }

    @Test func healthIsInheritedMemberByMember() throws {
        let json = #"{"Healthcheck":{"Test":["CMD","t"],"Interval":5,"Retries":2}}"#
        let execution = try ImageConfiguration.Execution(json: Array(json.utf8))
        var own = ContainerConfiguration()
        own.cmd = ["x"]
        var health = HealthConfiguration()
        health.interval = 7
        own.healthcheck = health
        let merged = try own.merged(with: image { $0 = execution })
        #expect(merged.healthcheck?.test == ["CMD", "t"])
        #expect(merged.healthcheck?.interval == 7)
        #expect(merged.healthcheck?.retries == 2)
    }
}
