// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import SQLite

// What happens when the machine starts and stops: the work that Docker's daemon does then.
extension Engine {
    /// Starts every container that its restart policy wants to run and that does not: after a boot, or
    /// whenever somebody asks. Those that join another's namespaces come after the others.
    /// - Parameters:
    ///   - workers: how many are started at a time.
    ///   - report: called in the worker's process with a name and why it could not be started; nil
    ///     for one that was.
    /// - Returns: how many failed.
    public func restore(
        workers: Int, report: @escaping (String, (any Error)?) -> Void
    ) throws -> Int {
        try restoreNetworks()
        let wanted = try containers(in: try open()).filter(\.isWanted).reversed()
        let joining = wanted.filter { $0.joinsAnother }
        return try start(wanted.filter { !$0.joinsAnother }, workers, report)
            + start(joining, 1, report)
    }

    /// The names of those that `restore` starts.
    public func wantedContainers() throws -> [String] {
        try containers(in: try open()).filter(\.isWanted).map(\.name)
    }

    private func start(
        _ containers: [Container], _ workers: Int,
        _ report: @escaping (String, (any Error)?) -> Void
    ) throws -> Int {
        var failed = 0
        let shares = (0..<max(1, workers)).map { worker in
            containers.indices.filter { $0 % max(1, workers) == worker }.map { containers[$0] }
        }
        var running: [Worker] = []
        for share in shares where !share.isEmpty {
            running.append(
                Worker(
                    try fork { [self] in
                        var failed: Int32 = 0
                        for container in share {
                            do {
                                _ = try start(container.id, in: try open())
                                report(container.name, nil)
                            } catch {
                                failed = min(failed + 1, 100)
                                report(container.name, error)
                            }
                        }
                        return failed
                    }))
        }
        for worker in running { failed += Int((try worker.process.reap())?.exitCode ?? 1) }
        return failed
    }

    /// Ends every container as gently as `stop`, all at the same time, and not by a user's hand: the next
    /// `restore` starts what should run.
    /// - Returns: the errors, by name.
    public func shutDown() throws -> [(String, any Error)] {
        var errors: [(String, any Error)] = []
        var endings: [(String, ContainerEnding)] = []
        for container in try containers(in: try open()) where container.status != .exited {
            do {
                if let ending = try askToEnd(container.id, as: .shutdown) {
                    endings.append((container.name, ending))
                }
            } catch { errors.append((container.name, error)) }
        }
        for (name, ending) in endings {
            do { try finish(ending) } catch { errors.append((name, error)) }
        }
        return errors
    }
}

/// A process that starts containers.
private final class Worker {
    let process: OwnedFD
    init(_ process: consuming OwnedFD) { self.process = process }
}

extension Container {
    /// Whether its restart policy wants it to run now, as Docker decides when its daemon starts.
    var isWanted: Bool {
        guard started != nil, status == .exited else { return false }
        let policy = record.hostConfiguration.restartPolicy
        switch policy.name {
        case .no: return false
        case .always: return true
        case .unlessStopped: return !wasStoppedByHand
        case .onFailure:
            let limit = policy.maximumRetryCount
            return exitCode != 0 && !wasStoppedByHand && (limit == 0 || restartCount < limit)
        }
    }

    fileprivate var joinsAnother: Bool {
        let host = record.hostConfiguration
        return [host.networkMode, host.pidMode, host.ipcMode].contains {
            $0.hasPrefix("container:")
        }
    }
}
