// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Engine
import Linux
import OCI

/// A container of `busybox` on a machine with two processors, to be changed by tests.
struct SpecificationFixture {
    var configuration = ContainerConfiguration()
    var host = HostConfiguration()
    var facts = SpecificationFacts(
        id: "0123456789ab",
        root: .overlay(lowers: ["/layers/1"], upper: "/c/upper", work: "/c/work"))

    static let base: UInt32 = 0x7000_0000

    init(_ change: (inout SpecificationFixture) -> Void = { _ in }) {
        configuration.cmd = ["true"]
        configuration.hostname = "0123456789ab"
        facts.users = .own(base: Self.base)
        facts.cgroups = .v2(mount: "/sys/fs/cgroup")
        facts.processorCount = 2
        facts.networkFiles = [
            .hosts: "/c/hosts", .hostname: "/c/hostname", .resolvConf: "/c/resolv.conf",
        ]
        facts.initProgram = "/usr/libexec/swocker-init"
        change(&self)
    }

    func request() throws -> LaunchRequest {
        try SpecificationBuilder(configuration, host, facts: facts).launchRequest()
    }

    func linux() throws -> LinuxSpec { try request().spec.linux ?? LinuxSpec() }

    /// "destination source options", one line each.
    func mounts() throws -> [String] {
        try request().spec.mounts.map {
            "\($0.destination) \($0.source ?? "-") \($0.options.joined(separator: ","))"
        }
    }

    /// The message of the error, or nothing.
    func refusal() -> String? {
        do {
            _ = try request()
            return nil
        } catch { return "\(error)" }
    }
}

/// The host's users: what host namespaces and privileges ask for.
extension SpecificationFixture {
    static func ofHostUsers(
        _ change: (inout SpecificationFixture) -> Void = { _ in }
    ) -> SpecificationFixture {
        SpecificationFixture {
            $0.facts.users = .host
            change(&$0)
        }
    }
}
