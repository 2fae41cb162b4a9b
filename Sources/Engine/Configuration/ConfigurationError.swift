// SPDX-License-Identifier: Apache-2.0

/// A configuration that contradicts itself or Docker's grammar.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, in Docker's words where scripts may match them.
    public let message: String
    public init(_ message: String) { self.message = message }
    public var description: String { message }
}
