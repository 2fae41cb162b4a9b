// SPDX-License-Identifier: Apache-2.0

internal import DBus
internal import Glibc
internal import Linux

/// A unit to start for a container's process.
public struct ScopeStart: Equatable, Sendable {
    public let scope: SystemdScope
    /// The limits that systemd has names for.
    public let properties: [UnitProperty]
}

/// What we ask of systemd over D-Bus: scopes, and nothing else.
/// https://www.freedesktop.org/software/systemd/man/org.freedesktop.systemd1.html
struct Systemd: ~Copyable {
    private var connection: Connection
    /// The service on a bus; nil straight to systemd.
    private let destination: String?

    private static let interface = "org.freedesktop.systemd1.Manager"
    private static let path = "/org/freedesktop/systemd1"

    private init(_ connection: consuming Connection, destination: String?) {
        self.destination = destination
        self.connection = connection
    }

    /// Connects to the machine's systemd, or to the user's. Its own socket is the shorter way; the
    /// bus is the documented one.
    static func connect(ofUser: Bool) throws(SystemdError) -> Systemd {
        var failures: [String] = []
        for place in try places(ofUser: ofUser) {
            let socket: OwnedFD
            do throws(KernelError) {
                socket = try UnixSocket.connect(to: place.name, in: place.directory)
            } catch {
                failures.append("\(error)")
                continue
            }
            return try open(socket, isBus: place.isBus)
        }
        throw SystemdError("systemd cannot be reached: \(failures.joined(separator: "; "))")
    }

    /// Introduces us on a connected socket, to a bus or to systemd itself.
    static func open(
        _ socket: consuming OwnedFD, isBus: Bool
    ) throws(SystemdError) -> Systemd {
        do throws(DBusError) {
            let connection = try Connection.open(socket, isBus: isBus, keeping: "JobRemoved")
            let destination = isBus ? "org.freedesktop.systemd1" : nil
            var systemd = Systemd(connection, destination: destination)
            if isBus { try systemd.subscribe() }
            return systemd
        } catch { throw SystemdError("systemd cannot be reached: \(error)") }
    }

    private struct Place {
        let directory: String
        let name: String
        let isBus: Bool
    }

    private static func places(ofUser: Bool) throws(SystemdError) -> [Place] {
        guard ofUser else {
            return [
                Place(directory: "/run/systemd", name: "private", isBus: false),
                Place(directory: "/run/dbus", name: "system_bus_socket", isBus: true),
            ]
        }
        guard let directory = getenv("XDG_RUNTIME_DIR").map({ String(cString: $0) }),
            directory.hasPrefix("/")
        else { throw SystemdError("XDG_RUNTIME_DIR is not set: the user's systemd is found there") }
        return [
            Place(directory: "\(directory)/systemd", name: "private", isBus: false),
            Place(directory: directory, name: "bus", isBus: true),
        ]
    }

    /// Signals come over a bus only to those who ask both the bus and systemd for them.
    private mutating func subscribe() throws(DBusError) {
        let rule = "type='signal',interface='\(Self.interface)',member='JobRemoved'"
        _ = try connection.call(
            "AddMatch", on: "org.freedesktop.DBus", path: "/org/freedesktop/DBus",
            of: "org.freedesktop.DBus", [.string(rule)])
        _ = try call("Subscribe")
    }

    private mutating func call(
        _ member: String, _ arguments: Value...
    ) throws(DBusError) -> [Value] {
        try connection.call(
            member, on: Self.interface, path: Self.path, of: destination, arguments)
    }

    // MARK: Scopes

    /// Starts a scope around a process and waits until it is in its group. A unit of the same name
    /// that failed before is forgotten first.
    mutating func start(_ start: ScopeStart, around pid: pid_t) throws(SystemdError) {
        do {
            let arguments = Self.arguments(of: start, around: pid)
            do { try startOnce(arguments) } catch {
                guard case .remote("org.freedesktop.systemd1.UnitExists", _) = error else {
                    throw error
                }
                _ = try? call("ResetFailedUnit", .string(start.scope.name))
                try startOnce(arguments)
            }
        } catch { throw SystemdError("start unit \(start.scope.name): \(error)") }
    }

    private mutating func startOnce(_ arguments: [Value]) throws(DBusError) {
        let job = try connection.call(
            "StartTransientUnit", on: Self.interface, path: Self.path, of: destination, arguments)
        let result = try wait(forJob: job)
        guard result == "done" else {
            throw .remote(name: "org.freedesktop.systemd1.JobFailed", text: "result \(result)")
        }
    }

    /// The arguments of StartTransientUnit: ssa(sv)a(sa(sv)).
    static func arguments(of start: ScopeStart, around pid: pid_t) -> [Value] {
        let accounting = ["MemoryAccounting", "CPUAccounting", "IOAccounting", "TasksAccounting"]
        let properties: [UnitProperty] =
            [
                .init("Description", .string("container \(start.scope.name)")),
                .init("Slice", .string(start.scope.slice)),
                .init("PIDs", .array(of: "u", [.uint32(UInt32(bitPattern: pid))])),
                // Groups below are the container's own affair.
                .init("Delegate", .bool(true)),
                // It must not end with the boot's targets before whoever uses it.
                .init("DefaultDependencies", .bool(false)),
                // A failed one would keep its name.
                .init("CollectMode", .string("inactive-or-failed")),
            ] + accounting.map { .init($0, .bool(true)) } + start.properties
        return [
            .string(start.scope.name), .string("replace"),
            .array(of: "(sv)", properties.map(\.message)), .array(of: "(sa(sv))", []),
        ]
    }

    /// The job's path is in the answer, and in a signal when it is over: (u id, o job, s unit,
    /// s result).
    private mutating func wait(forJob answer: [Value]) throws(DBusError) -> String {
        guard case .path(let job)? = answer.first else { throw .malformed("it names no job") }
        let signal = try connection.signal {
            $0.body.count == 4 && $0.body[1] == .path(job)
        }
        return signal.body[3].text ?? ""
    }

    /// Ends a scope with whatever is in it; one that is gone is fine.
    mutating func stop(_ scope: SystemdScope) throws(SystemdError) {
        do {
            let job = try call("StopUnit", .string(scope.name), .string("replace"))
            _ = try wait(forJob: job)
        } catch {
            guard case .remote("org.freedesktop.systemd1.NoSuchUnit", _) = error else {
                throw SystemdError("stop unit \(scope.name): \(error)")
            }
        }
        _ = try? call("ResetFailedUnit", .string(scope.name))
    }

    /// Changes the limits of a scope until it ends.
    mutating func set(
        _ properties: [UnitProperty], of scope: SystemdScope
    ) throws(SystemdError) {
        do {
            _ = try call(
                "SetUnitProperties", .string(scope.name), .bool(true),
                .array(of: "(sv)", properties.map(\.message)))
        } catch { throw SystemdError("change unit \(scope.name): \(error)") }
    }

    /// The group in which systemd itself is, without a slash in front: what the user's makes lies
    /// below.
    mutating func ownGroup() throws(SystemdError) -> String {
        do {
            let answer = try connection.call(
                "Get", on: "org.freedesktop.DBus.Properties", path: Self.path, of: destination,
                [.string(Self.interface), .string("ControlGroup")])
            return String((answer.first?.text ?? "").drop { $0 == "/" })
        } catch { throw SystemdError("ask systemd for its group: \(error)") }
    }
}

/// What systemd could not do, in one line.
public struct SystemdError: Error, Equatable, CustomStringConvertible, Sendable {
    public let description: String

    init(_ description: String) { self.description = description }
}
