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
    case .diskFull: return fromDaemon("no space left on device: \(error)")
    case .missingKernelFeature:
        return fromDaemon("\(error): this kernel is too old or was built without it")
    case .notPermitted, .other: return fromDaemon("\(error)")
    }
}

/// The exit code of `run` when the container did not start: Docker, too, decides by the text.
func startExitCode(of error: any Error) -> Int32 {
    guard case EngineError.startFailed(let reason) = error else { return 125 }
    for words in ["executable file not found", "no such file or directory"]
    where reason.contains(words) { return 127 }
    for words in ["permission denied", "is a directory"] where reason.contains(words) {
        return 126
    }
    return 125
}

private func fromDaemon(_ text: String) -> String {
    inert("Error response from daemon: \(text)")
}
