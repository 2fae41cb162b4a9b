// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

// Where the process waits: for the engine's hooks, for its own, for the start.

extension Inside {
    /// The engine hears of it through the report, and answers with a byte through the gate. The end
    /// of the gate means that there is no engine any more.
    func awaitEngine() throws(Errno) {
        try writeAll(ProcessReport.waiting, to: report)
        let gate = gate
        var byte: UInt8 = 0
        guard try syscall({ read(gate, &byte, 1) }) == 1 else { _exit(1) }
    }

    func run(_ hook: HookRun) throws(StepFailure) {
        var output: [UInt8] = []
        let status = hook.execute(pid: getpid(), capturing: false, &output)
        guard status == 0 else { throw StepFailure(kind: .hook, errno: Errno(rawValue: status)) }
    }

    /// Nothing of the engine's stays open while the process waits, its lock on the container least of
    /// all. The end of the report is what `create` waits for. From then on failures go to whoever starts
    /// the container, through the same FIFO that the start came by (`StartGate`).
    mutating func awaitStart(_ gate: CInt) throws(Errno) {
        ThisProcess.closeAll(from: 3 + preservedDescriptors, keeping: [gate])
        report = gate
        var byte: UInt8 = 0
        try syscall { read(gate, &byte, 1) }
    }
}
