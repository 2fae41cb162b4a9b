// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import Glibc
import Linux
import OCI
import Testing

/// Calls that a filter leaves to another process.
@Suite(.serialized, .enabled(if: launchObstacle == nil, "needs root and a static busybox"))
struct SeccompAgentTests {
    /// The filter may hold the process back at every call, and is loaded at two different times; a
    /// time namespace makes the process a sibling.
    @Test(arguments: [true, false], [true, false])
    func theAgentDecides(noNewPrivileges: Bool, sibling: Bool) throws {
        let container = try BusyboxContainer()
        if sibling { container.spec.linux?.namespaces.append(.init(.time)) }
        var profile = Seccomp(defaultAction: "SCMP_ACT_ALLOW")
        profile.syscalls = [.init(["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY")]
        profile.flags = ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]
        profile.listenerPath = "\(container.base)/agent"
        profile.listenerMetadata = "told"
        var process = BusyboxContainer.process(["mkdir", "/tmp/x"])
        process.noNewPrivileges = noNewPrivileges
        var request = container.request(process)
        var program = SeccompProgram(
            instructions: try SeccompFilter(profile).compiled(), flags: try profile.kernelFlags())
        program.listener = try SeccompListener(
            profile,
            state: StateDocument(ociVersion: "1.2.0", id: "c1", status: .creating, bundle: "/b"))
        request.seccomp = program
        let plan = try Plan(request)
        let base = container.base
        let outcome = try alone {
            let listener = try UnixSocket.listen("agent", in: base)
            let agent = try fork { Agent.serve(listener.raw, "\(base)/message") }
            defer {
                try? agent.send(signal: SIGKILL)
                _ = try? agent.reap()
            }
            return try BusyboxContainer.outcome(of: plan, lending: [:])
        }
        #expect(outcome.code == 1)
        #expect(outcome.output.contains("Operation not supported"), "\(outcome)")
        let told = try JSONValue(parsing: try contents(of: "\(base)/message"))
        #expect(told["fds"] == ["seccompFd"] && told["metadata"] == "told")
        #expect(told["pid"]?.integerValue ?? 0 > 1)
        #expect(told["state"]?["id"] == "c1" && told["state"]?["status"] == "creating")
        #expect(told["state"]?["pid"] == told["pid"])
    }

    @Test func refusesToStartWithoutItsAgent() throws {
        var profile = Seccomp(defaultAction: "SCMP_ACT_ALLOW")
        profile.syscalls = [.init(["mkdir"], action: "SCMP_ACT_NOTIFY")]
        let state = StateDocument(ociVersion: "1.2.0", id: "c1", status: .creating, bundle: "/b")
        #expect(throws: SeccompProfileError.self) { try SeccompListener(profile, state: state) }
        let container = try BusyboxContainer()
        profile.listenerPath = "\(container.base)/nobody"
        var request = container.request(BusyboxContainer.process(["true"]))
        var program = SeccompProgram(
            instructions: try SeccompFilter(profile).compiled(), flags: try profile.kernelFlags())
        request.seccomp = program
        #expect(throws: RuntimeError.self) { try Plan(request) }
        program.listener = try SeccompListener(profile, state: state)
        request.seccomp = program
        let plan = try Plan(request)
        let outcome = try alone { try BusyboxContainer.outcome(of: plan, lending: [:]) }
        #expect(outcome.code == errorCode)
        #expect(
            outcome.output.hasPrefix("connect to the seccomp agent at \(container.base)/nobody: "))
    }
}

/// A small agent: it answers every call with EOPNOTSUPP.
private enum Agent {
    static func serve(_ listener: CInt, _ file: String) -> Int32 {
        let socket = OwnedFD(adopting: listener)
        guard (try? socket.isReadable(within: 10_000)) == true,
            let connection = try? socket.accept(),
            (try? connection.isReadable(within: 5000)) == true,
            let filter = try? DescriptorPassing.receive(from: connection.raw)
        else { return 1 }
        var rest = [UInt8](repeating: 0, count: 4096)
        let count = read(connection.raw, &rest, rest.count)
        guard count > 0 else { return 2 }
        try? replaceFile(file, with: [UInt8(ascii: "{")] + rest[..<count])
        while true {
            // struct seccomp_notif and seccomp_notif_resp of linux/seccomp.h.
            var call = [UInt64](repeating: 0, count: 10)
            guard ioctl(filter.raw, 0xC050_2100, &call) == 0 else { return 3 }
            var answer: [UInt64] = [call[0], 0, UInt64(UInt32(bitPattern: -EOPNOTSUPP))]
            guard ioctl(filter.raw, 0xC018_2101, &answer) == 0 else { return 4 }
        }
    }
}
