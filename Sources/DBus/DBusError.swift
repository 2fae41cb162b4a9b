// SPDX-License-Identifier: Apache-2.0

public import Linux

/// Why a call over D-Bus has no answer.
public enum DBusError: Error, Equatable, Sendable {
    case kernel(KernelError)
    /// The peer does not speak the protocol.
    case malformed(String)
    /// The peer does not want us.
    case refused(String)
    case closed
    case timedOut
    /// The peer's own error: its name, and a sentence.
    case remote(name: String, text: String)
}

extension DBusError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .kernel(let error): "\(error)"
        case .malformed(let text): "a message over D-Bus is malformed: \(text)"
        case .refused(let text): "D-Bus refused the connection: \(text)"
        case .closed: "D-Bus closed the connection"
        case .timedOut: "no answer over D-Bus in time"
        case .remote(let name, let text): text.isEmpty ? name : "\(text) (\(name))"
        }
    }
}
