// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import SQLite

extension Engine {
    /// Takes bridges that no container uses any more off the host a moment from now, in a process of
    /// its own: a bridge takes the kernel tens of milliseconds to remove, and who starts container
    /// after container shall find it still there. For the end of a monitor, which has one thread.
    func retireNetworksSoon(after container: Container) {
        guard NetworkModeText.isBridged(container.record.hostConfiguration.networkMode),
            let idle = try? idleNetworks(), !idle.isEmpty
        else { return }
        do throws(Errno) {
            if try cloneProcess() != nil { return }
        } catch { return }
        ThisProcess.closeAll(from: 0, keeping: [])
        usleep(200_000)
        if exists(location.database) {
            try? retireNetworks()
        } else if var host = try? openHostNetwork() {
            // The engine's directory was removed meanwhile: nobody will ever need them.
            for network in idle { host.removeBridge(of: network) }
            host.removeRules()
        }
        _exit(0)
    }

    /// The networks that have a bridge which nobody needs.
    private func idleNetworks() throws -> [Network] {
        let database = try open()
        let used = Set(try EndpointTable.leased(in: database).map(\.network))
        return try NetworkTable.all(in: database).filter {
            !used.contains($0.id) && HostNetwork.hasLink($0.bridgeName)
        }
    }

    /// Takes everything of the host's kernel away that only containers which no longer run needed:
    /// their networks' bridges, and our firewall tables when nobody is left.
    public func retireNetworks() throws {
        let lock = try FileLock.waiting(Self.hostLock, .exclusive)
        defer { withExtendedLifetime(lock) {} }
        let database = try open()
        // Nobody leases an address meanwhile: that takes this lock too when the bridge is not there,
        // and the database's when it is.
        try database.transaction { () throws in
            let used = Set(try EndpointTable.leased(in: database).map(\.network))
            var host = try openHostNetwork()
            for network in try NetworkTable.all(in: database)
            where network.record.driver == "bridge" && !used.contains(network.id) {
                host.removeBridge(of: network)
            }
            if used.isEmpty { host.removeRules() }
        }
    }
}
