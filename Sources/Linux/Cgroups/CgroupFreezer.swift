// SPDX-License-Identifier: Apache-2.0

internal import Glibc

extension Cgroup {
    /// Stops every process where it is and waits until all are stopped, two seconds at most
    /// (ETIMEDOUT, and then nothing stays frozen).
    public func freeze() throws(KernelError) {
        try setFrozen(true)
        if try settles(frozen: true) { return }
        try setFrozen(false)
        throw KernelError(action: "freeze cgroup \(path)", errno: Errno(rawValue: ETIMEDOUT))
    }

    /// Lets every process go on.
    public func thaw() throws(KernelError) {
        try setFrozen(false)
        guard try settles(frozen: false) else {
            throw KernelError(action: "thaw cgroup \(path)", errno: Errno(rawValue: ETIMEDOUT))
        }
    }

    /// Whether all processes are stopped.
    public func isFrozen() throws(KernelError) -> Bool {
        let directory = try freezerDirectory()
        switch hierarchies {
        case .v1: return try readControl("\(directory)/freezer.state").elementsEqual("FROZEN".utf8)
        case .v2: return field("frozen", of: try readControl("\(directory)/cgroup.events")) == 1
        }
    }

    private func setFrozen(_ frozen: Bool) throws(KernelError) {
        let directory = try freezerDirectory()
        switch hierarchies {
        case .v1: try writeControl("\(directory)/freezer.state", frozen ? "FROZEN" : "THAWED")
        case .v2: try writeControl("\(directory)/cgroup.freeze", frozen ? "1" : "0")
        }
    }

    private func settles(frozen: Bool) throws(KernelError) -> Bool {
        var microseconds: UInt32 = 100
        var waited: UInt32 = 0
        while try isFrozen() != frozen {
            guard waited < 2_000_000 else { return false }
            usleep(microseconds)
            waited += microseconds
            microseconds = min(2 * microseconds, 10_000)
            // A process that forked meanwhile keeps version 1 in FREEZING until told again.
            if frozen, case .v1 = hierarchies { try setFrozen(true) }
        }
        return true
    }

    private func freezerDirectory() throws(KernelError) -> String {
        guard let directory = directory(of: "freezer") else {
            throw KernelError(action: "find the freezer of cgroup \(path)", errno: .notSupported)
        }
        return directory
    }
}
