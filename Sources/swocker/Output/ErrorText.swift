// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc
import OCI

/// An error as one line for standard error, without the newline. What Docker's engine answers is led
/// by Docker's words, for scripts look for them; what Docker's client finds by itself is not.
func daemonError(_ error: any Error) -> String {
    switch error {
    case let error as UsageError: return inert(error.message)
    case let error as ReferenceError: return inert(error.description)
    case EngineError.unsupported: return inert("swocker: \(error)")
    default: break
    }
    switch FailureKind(of: error) {
    case .notPermitted where geteuid() != 0:
        return inert("swocker: permission denied: run swocker as root (\(error))")
    case .diskFull:
        // SQLite has words of its own for it.
        let text = "\(error)"
        return fromDaemon(
            text.hasSuffix("space left on device") ? text : "no space left on device: \(text)")
    case .missingKernelFeature:
        return fromDaemon("\(error): this kernel is too old or was built without it")
    case .notPermitted, .other: return fromDaemon("\(error)")
    }
}

private func fromDaemon(_ text: String) -> String {
    inert("Error response from daemon: \(text)")
}
