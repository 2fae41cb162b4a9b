// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// Reads what the process reports, as it comes. A process that has ended ends its report too.
struct ReportReader: ~Copyable {
    private let pipe: OwnedFD
    /// What has come so far.
    private(set) var all = ProcessReport()

    init(_ pipe: consuming OwnedFD) { self.pipe = pipe }

    /// Reads until the process says that it waits for the engine.
    mutating func awaitProcess(in plan: Plan) throws(RuntimeError) {
        all.awaitsEngine = false
        while !all.awaitsEngine {
            guard try readRecord() else {
                throw RuntimeError.step("wait for the process", .noProcess)
            }
            if let failure = all.failure { throw failure.error(in: plan) }
        }
    }

    /// Waits for the number of the filter's descriptor, which comes without a system call.
    /// - Returns: nil when the process has ended, or waits for its start, without one.
    mutating func awaitListener(
        _ word: SharedWord?, in plan: Plan
    ) throws(RuntimeError) -> CInt? {
        while true {
            guard let word else { return nil }
            // A sibling's number is still in the pipe perhaps.
            if word.value > 0, all.sibling != nil || !plan.endsInSibling { return word.value }
            let isReadable: Bool
            do throws(Errno) { isReadable = try pipe.isReadable(within: 1) } catch {
                throw RuntimeError.step("wait for the process", error)
            }
            guard isReadable else { continue }
            guard try readRecord() else {
                return nil
            }
            if let failure = all.failure { throw failure.error(in: plan) }
        }
    }

    /// Reads until nobody can report any more: the program runs, or waits for its start, or the
    /// process has failed and said so.
    mutating func readToEnd() throws(RuntimeError) {
        while try readRecord() {}
    }

    /// - Returns: false at the end.
    private mutating func readRecord() throws(RuntimeError) -> Bool {
        var record = [UInt8](repeating: 0, count: ProcessReport.recordSize)
        let fd = pipe.raw
        do throws(Errno) {
            let count = try syscall { read(fd, &record, record.count) }
            if count == 0 { return false }
            all.take(record: Array(record[..<count]))
            return true
        } catch { throw RuntimeError.step("wait for the process", error) }
    }
}
