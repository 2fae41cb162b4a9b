// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

/// What came through the report pipe before its end: at most the number of a sibling and a failure,
/// in any order. Each is three numbers, because they must be formed where nothing may be relied on,
/// and one write(2), which a pipe keeps whole.
struct ProcessReport {
    private(set) var sibling: pid_t?
    /// Whether the process waits for the engine.
    var awaitsEngine = false
    private(set) var failure: Failure?

    static let recordSize = 12
    /// Stands in a failure's place for its kind.
    private static let siblingMark: Int32 = -1
    private static let waitingMark: Int32 = -2

    /// An empty report is the end of the pipe by execve(2).
    init(_ bytes: [UInt8]) {
        guard bytes.count.isMultiple(of: Self.recordSize) else {
            failure = Failure(step: -1, failure: .unreadable)
            return
        }
        for start in stride(from: 0, to: bytes.count, by: Self.recordSize) {
            take(Self.numbers(of: bytes[start..<start + Self.recordSize]))
        }
    }

    private static func numbers(of record: ArraySlice<UInt8>) -> [Int32] {
        record.withUnsafeBytes { bytes in
            guard bytes.count == recordSize else { return [-1, .max, 0] }
            return (0..<3).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
        }
    }

    /// Nothing has come yet.
    init() {}

    /// Adds one record.
    mutating func take(record: [UInt8]) { take(Self.numbers(of: record[...])) }

    private mutating func take(_ numbers: [Int32]) {
        if numbers[1] == Self.siblingMark {
            sibling = numbers[2]
        } else if numbers[1] == Self.waitingMark {
            awaitsEngine = true
        } else if let kind = StepFailure.Kind(rawValue: numbers[1]) {
            let errno = Errno(rawValue: numbers[2])
            failure = Failure(step: numbers[0], failure: StepFailure(kind: kind, errno: errno))
        } else {
            failure = Failure(step: -1, failure: .unreadable)
        }
    }

    static func bytes(ofSibling pid: pid_t) -> [UInt8] {
        [0, siblingMark, pid].withUnsafeBytes { Array($0) }
    }

    /// Said by a process that waits for the engine.
    static var waiting: [UInt8] { [0, waitingMark, 0].withUnsafeBytes { Array($0) } }

    /// A step of the process's side that failed.
    struct Failure: Equatable {
        let step: Int32
        let failure: StepFailure

        var bytes: [UInt8] {
            [step, failure.kind.rawValue, failure.errno.rawValue].withUnsafeBytes { Array($0) }
        }

        /// The failure in words.
        func error(in plan: Plan) -> RuntimeError {
            guard plan.inside.indices.contains(Int(step)) else {
                return .step("start", failure.errno)
            }
            switch (plan.inside[Int(step)], failure.kind) {
            case (.execute(let arguments, _, _), _), (.findProgram(let arguments, _), _):
                return .execute(program: arguments.first ?? "", failure.errno)
            case (.identify(.named(let name, _)), .noSuchUser):
                let parts = name.split(separator: ":", omittingEmptySubsequences: false)
                return .noSuchUser(String(parts.first ?? ""))
            case (.identify(.named(let name, let groups)), .noSuchGroup):
                let parts = name.split(separator: ":", maxSplits: 1)
                return .noSuchGroup(
                    parts.count == 2 ? String(parts[1]) : groups.joined(separator: ","))
            case (.enterWorkingDirectory(let path, _), _), (.makeWorkingDirectory(let path), _):
                return .step("chdir to cwd (\"\(path)\") set in config.json failed", failure.errno)
            case (.runHook(let hook), .hook):
                return .hook(hook.failure(status: failure.errno.rawValue))
            case (.cloneSibling, _) where failure.errno == .noMemory:
                // What clone(2) says when a pid namespace's first process has ended.
                return .step("start the process inside", .noProcess)
            case (let step, _): return step.failure(failure.errno)
            }
        }
    }
}

extension StepFailure {
    fileprivate static let unreadable = StepFailure(kind: .kernel, errno: .io)
}
