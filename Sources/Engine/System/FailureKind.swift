// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import SQLite

/// What a failure of any layer means to who called.
public enum FailureKind: Equatable, Sendable {
    /// The kernel or the file system refuses it to this user.
    case notPermitted
    case diskFull
    /// The kernel is too old, or was built without what is needed.
    case missingKernelFeature
    case other

    public init(of error: any Error) {
        switch error {
        case let error as KernelError: self.init(error.errno)
        case let error as DatabaseError where error.isFull: self = .diskFull
        case let error as DatabaseError where error.isDenied: self = .notPermitted
        default: self = .other
        }
    }

    init(_ errno: Errno) {
        switch errno {
        case .accessDenied, .notPermitted: self = .notPermitted
        case .noSpace, .quota: self = .diskFull
        case .noSystemCall: self = .missingKernelFeature
        default: self = .other
        }
    }
}
