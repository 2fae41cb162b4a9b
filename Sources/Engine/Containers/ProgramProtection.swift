// SPDX-License-Identifier: Apache-2.0

internal import Linux
public import SQLite

// Where root in the container is root on the host, the engine's own program file is in danger
// (CVE-2019-5736, see `ProtectedProgram`). Commands ask before they do anything else: what was done
// so far is lost when the program has to be executed again.

extension HostConfiguration {
    /// Whether root in the container is nobody on the host. Docker's meaning of the host's namespaces
    /// and of --privileged needs the host's users.
    var wantsUserNamespace: Bool {
        !privileged && usernsMode != "host"
            && ![networkMode, pidMode, ipcMode, utsMode].contains {
                $0 == "host" || $0.hasPrefix("container:")
            }
    }

    /// To be called before a container of this configuration is created to be started: executes the
    /// program again where its file has to be protected.
    public func protectProgram() throws {
        if !wantsUserNamespace { try ProtectedProgram.ensure() }
    }
}

extension ContainerRecord {
    /// See `HostConfiguration`.
    var wantsUserNamespace: Bool { hostConfiguration.wantsUserNamespace }
}

extension Engine {
    /// To be called before a container is started or a process is run in it: executes the program
    /// again where its file has to be protected. Names that mean no container are passed over.
    public func protectProgram(for names: [String], in database: consuming Database) throws {
        var isProtectionNeeded = false
        for name in names {
            guard let container = try? ContainerTable.find(name, in: database) else { continue }
            if container.idBase == nil { isProtectionNeeded = true }
        }
        _ = consume database
        if isProtectionNeeded { try ProtectedProgram.ensure() }
    }

    /// What the callers have forgotten must not go unnoticed.
    func refuseUnprotected(_ container: Container) throws(EngineError) {
        if container.idBase == nil, !ProtectedProgram.isEnsured {
            throw .invalid("the engine's program file is not protected from this container")
        }
    }
}
