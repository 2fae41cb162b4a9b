// SPDX-License-Identifier: Apache-2.0

internal import Linux

extension EngineSide {
    /// Performs a step; when it fails, the error says in one line what could not be done.
    mutating func carryOut(_ step: KernelStep) throws(RuntimeError) {
        if case .startScope(let start) = step {
            do throws(SystemdError) {
                var systemd = try Systemd.connect(ofUser: start.scope.isOfUser)
                return try systemd.start(start, around: process.pid)
            } catch { throw .cgroup(error.description) }
        }
        do throws(Errno) { try perform(step) } catch {
            guard let text = CgroupFailure(step, error)?.description else {
                throw step.failure(error)
            }
            throw .cgroup(text)
        }
    }
}
