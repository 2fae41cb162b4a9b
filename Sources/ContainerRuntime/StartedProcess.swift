// SPDX-License-Identifier: Apache-2.0

public import Linux

extension StartedProcess {
    /// Keeps the pidfd alone.
    public consuming func takePidfd() -> OwnedFD { pidfd }
}
