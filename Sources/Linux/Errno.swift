// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What the kernel answered: an error number of errno(3).
public struct Errno: Error, Equatable, Hashable, RawRepresentable, Sendable {
    public let rawValue: CInt
    public init(rawValue: CInt) { self.rawValue = rawValue }

    public static let notPermitted = Errno(rawValue: EPERM)
    public static let noEntry = Errno(rawValue: ENOENT)
    public static let noProcess = Errno(rawValue: ESRCH)
    public static let interrupted = Errno(rawValue: EINTR)
    public static let io = Errno(rawValue: EIO)
    public static let notExecutableFormat = Errno(rawValue: ENOEXEC)
    public static let badDescriptor = Errno(rawValue: EBADF)
    public static let noChild = Errno(rawValue: ECHILD)
    public static let wouldBlock = Errno(rawValue: EAGAIN)
    public static let accessDenied = Errno(rawValue: EACCES)
    public static let busy = Errno(rawValue: EBUSY)
    public static let exists = Errno(rawValue: EEXIST)
    public static let crossDevice = Errno(rawValue: EXDEV)
    public static let notDirectory = Errno(rawValue: ENOTDIR)
    public static let isDirectory = Errno(rawValue: EISDIR)
    public static let invalid = Errno(rawValue: EINVAL)
    public static let noSpace = Errno(rawValue: ENOSPC)
    public static let readOnly = Errno(rawValue: EROFS)
    public static let brokenPipe = Errno(rawValue: EPIPE)
    public static let nameTooLong = Errno(rawValue: ENAMETOOLONG)
    public static let noSystemCall = Errno(rawValue: ENOSYS)
    public static let notEmpty = Errno(rawValue: ENOTEMPTY)
    public static let symlinkLoop = Errno(rawValue: ELOOP)
    public static let noData = Errno(rawValue: ENODATA)
    public static let notSupported = Errno(rawValue: EOPNOTSUPP)
    public static let noDevice = Errno(rawValue: ENODEV)
    public static let noMemory = Errno(rawValue: ENOMEM)
    public static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    public static let connectionReset = Errno(rawValue: ECONNRESET)
    public static let outOfRange = Errno(rawValue: ERANGE)
    public static let quota = Errno(rawValue: EDQUOT)
}

extension Errno: CustomStringConvertible {
    /// The kernel's sentence with a small first letter, as Go programs print it: "no such file or
    /// directory".
    public var description: String {
        guard let text = strerror(rawValue) else { return "errno \(rawValue)" }
        let sentence = String(cString: text)
        // "Is a directory" → "is a directory", but "RPC …" stays.
        guard let first = sentence.first, let second = sentence.dropFirst().first,
            !second.isUppercase
        else { return sentence }
        return first.lowercased() + sentence.dropFirst()
    }
}

/// Every system call goes through here; errno is read nowhere else. Interrupted calls are repeated.
/// - Returns: what the call returned, which is not -1.
@discardableResult
@inline(__always)
public func syscall<Value: FixedWidthInteger>(_ body: () -> Value) throws(Errno) -> Value {
    while true {
        let value = body()
        if value != -1 { return value }
        let number = errno
        guard number == EINTR else { throw Errno(rawValue: number) }
    }
}

/// What was tried, on what, and what the kernel answered.
public struct KernelError: Error, Equatable, CustomStringConvertible, Sendable {
    /// Lower case, no full stop: "mount proc on /proc".
    public let action: String
    public let errno: Errno

    public init(action: String, errno: Errno) {
        self.action = action
        self.errno = errno
    }

    public var description: String { "\(action): \(errno)" }
}

/// Runs `body` and says in the error what was being attempted.
@inline(__always)
public func attempting<Result: ~Copyable>(
    _ action: @autoclosure () -> String, _ body: () throws(Errno) -> Result
) throws(KernelError) -> Result {
    do { return try body() } catch { throw KernelError(action: action(), errno: error) }
}
