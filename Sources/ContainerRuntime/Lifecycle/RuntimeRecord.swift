// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
public import OCI

/// What the OCI runtime writes down about a container. What its process does is not in here: that
/// is asked of the kernel.
public struct RuntimeRecord: Codable, Equatable, Sendable {
    public var ociVersion: String
    public var id: String
    /// Absolute.
    public var bundle: String
    public var rootfs: String
    /// RFC 3339, UTC.
    public var created: String
    /// Who created it.
    public var owner: UInt32
    @OmitEmpty public var annotations: [String: String]
    /// The first process; 0 before there is one.
    public var pid: Int32
    /// Its start time in clock ticks since boot, so that the number is not taken for another's.
    public var started: UInt64
    /// The control group's path; absent without one.
    public var cgroup: String?
    /// The unit of systemd's that has the control group; absent when we made it.
    public var scope: SystemdScope?
    /// The resctrl group that is the container's own; absent without one.
    public var resourceGroup: String?
    /// The host's numbers of the container's root.
    public var rootUID: UInt32
    public var rootGID: UInt32
    /// Whether its processes have a pid namespace of their own, whose end is theirs.
    public var ownsPIDs: Bool
    /// Whether there are poststart or poststop hooks in config.json.
    public var hasHooks: Bool

    static let file = "state.json"

    /// The record in a container's directory; nil without one.
    static func read(from directory: String) throws -> RuntimeRecord? {
        let path = "\(directory)/\(file)"
        do {
            return try RuntimeRecord(json: contents(of: path, limit: 8 << 20))
        } catch let error as KernelError {
            guard error.errno == .noEntry || error.errno == .notDirectory else { throw error }
            return nil
        } catch let error as DecodingError {
            throw LifecycleError.invalid("\(path) is damaged: \(error.line)")
        } catch let error as JSONSyntaxError {
            throw LifecycleError.invalid("\(path) is damaged: \(error)")
        }
    }

    /// Puts the record in its place, whole.
    func write(to directory: String) throws {
        try replaceFile("\(directory)/\(Self.file)", with: json().bytes(), mode: 0o600)
    }
}

/// The time as RFC 3339 has it, in UTC, with nanoseconds.
public func timestamp() -> String {
    let nanoseconds = Clock.realtime
    var seconds = time_t(nanoseconds / 1_000_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ value: Int, _ width: Int) -> String {
        let digits = "\(value)"
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    let date = [
        padded(Int(parts.tm_year) + 1900, 4), padded(Int(parts.tm_mon) + 1, 2),
        padded(Int(parts.tm_mday), 2),
    ].joined(separator: "-")
    let time = [Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec)]
        .map { padded($0, 2) }.joined(separator: ":")
    return "\(date)T\(time).\(padded(Int(nanoseconds % 1_000_000_000), 9))Z"
}
