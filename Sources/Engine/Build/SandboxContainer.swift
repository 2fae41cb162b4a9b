// SPDX-License-Identifier: Apache-2.0

internal import Build
internal import ContainerRuntime
internal import Glibc
internal import Linux
internal import OCI
internal import SQLite

extension Engine {
    /// Makes the container that a build's programs run in. It goes by itself when its process and its
    /// keeper are gone, as a container with `--rm` whose monitor was killed.
    func createSandbox(
        _ kind: BuildSandbox.Kind, _ template: HostConfiguration
    ) throws -> (container: Container, files: ContainerFiles) {
        var configuration = ContainerConfiguration()
        configuration.hostname = "buildkitsandbox"
        configuration.cmd = ["build"]
        configuration.labels = ["com.swocker.build": "\(getpid())"]
        var host = template
        host.networkMode = kind.network == .default ? "bridge" : kind.network.rawValue
        host.privileged = kind.isInsecure
        host.logConfig.type = "none"
        host.runtime = "swocker"
        host.autoRemove = true
        let id = try ContainerNames.newID()
        let record = ContainerRecord(
            configuration: configuration, hostConfiguration: host, imageID: "", mounts: [])
        _ = try check(record)
        var container = Container(
            id: id, name: "build_\(id.prefix(12))", created: .now, record: record, idRange: nil,
            status: .created, process: .none, monitor: .none, started: nil, finished: nil,
            exitCode: 0, wasOOMKilled: false, error: "", removesItself: true)
        let files = location.container(id)
        let lock = try makeFiles(files)
        defer { withExtendedLifetime(lock) {} }
        let database = try open()
        var request = CreateRequest()
        request.hostConfiguration = host
        do {
            try database.transaction { () throws in
                try ContainerTable.insert(
                    &container, wantsIDRange: record.wantsUserNamespace, in: database)
                try join(request.attachments, id, in: database)
                try ContainerTable.recordStart(
                    of: id, process: .none, monitor: .current, at: .now, in: database)
            }
            try writeFiles(of: container)
        } catch {
            _ = try? ContainerTable.delete(id, in: database)
            try? removeFiles(of: id)
            throw error
        }
        return (container, files)
    }

    /// Puts the process of a step on record.
    func recordStep(of container: Container, pid: Int32) throws {
        try ContainerTable.recordStart(
            of: container.id, process: ProcessIdentity(of: pid), monitor: .current, at: .now,
            in: try open())
    }

    /// Addresses for a step, where it has a network.
    func network(of container: Container) throws -> ContainerNetwork {
        let database = try open()
        let network = try prepareNetwork(of: container, in: database)
        try writeHosts(of: container, network.leases)
        return network
    }

    /// What is to be launched for a step.
    func launchRequest(
        of container: Container, _ step: RunRequest, _ root: RootFilesystem, _ mounts: BuildMounts
    ) throws -> LaunchRequest {
        let files = location.container(container.id)
        var configuration = container.record.configuration
        configuration.cmd = step.command
        configuration.env = step.environment
        configuration.user = step.user
        configuration.workingDir = step.workingDirectory
        var host = container.record.hostConfiguration
        host.tmpfs.merge(mounts.memory) { $1 }
        var facts = SpecificationFacts(id: container.id, root: root)
        facts.overlayStrategy = OverlaySupport.strategy(directory: "\(files.directory)/lowers")
        facts.networkFiles = [
            .hosts: files.hosts, .hostname: files.hostname, .resolvConf: files.resolvConf,
        ]
        facts.mounts = mounts.binds
        facts.cgroups = try CgroupHierarchies.discover()
        facts.users = container.idBase.map { .own(base: $0) } ?? .host
        try facts.readMachine(for: host)
        let builder = try SpecificationBuilder(configuration, host, facts: facts)
        var request = try builder.launchRequest()
        request.seccomp = try filter(for: builder)
        return request
    }
}
