// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux

extension Inside {
    /// Becomes the container's program. Returns only by throwing.
    func execute(
        _ arguments: [String], _ environment: [String], _ mask: UInt32
    ) throws(StepFailure) {
        umask(mode_t(mask))
        ThisProcess.resetSignals()
        do throws(Errno) {
            try ThisProcess.closeOnExec(from: 3 + preservedDescriptors)
            try Program(arguments, environment: complete(environment)).execute()
        } catch { throw StepFailure(kind: .kernel, errno: error) }
    }

    /// HOME comes from the passwd file unless it is given.
    private func complete(_ given: [String]) -> [String] {
        guard !given.contains(where: { $0.hasPrefix("HOME=") }) else { return given }
        let home = identity.home ?? ""
        return given + ["HOME=\(home.isEmpty ? "/" : home)"]
    }
}
