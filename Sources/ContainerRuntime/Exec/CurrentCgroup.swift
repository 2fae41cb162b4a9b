// SPDX-License-Identifier: Apache-2.0

public import Glibc
public import Linux

extension Cgroup {
    /// Where a further process of this group's container must join: on version 2 a group that
    /// passes controllers down may hold no processes itself, so an init system in the container has
    /// moved into a group below, and whoever comes later must go there too (EBUSY otherwise). On
    /// version 1 this group itself.
    /// - Parameter pid: the container's first process.
    public func joinable(with pid: pid_t) -> Cgroup {
        guard case .v2 = hierarchies,
            let lines = try? contents(of: "/proc/\(pid)/cgroup", limit: 1 << 16)
        else { return self }
        return below(memberships: lines)
    }

    /// The group of version 2 in the text of a /proc/PID/cgroup (cgroups(7)), if it lies below this
    /// one as it must; else this one.
    func below(memberships: [UInt8]) -> Cgroup {
        let own = Array("0::/\(path)".utf8)
        for line in memberships.split(separator: UInt8(ascii: "\n")) where line.starts(with: own) {
            let rest = line.dropFirst(own.count)
            guard rest.first == UInt8(ascii: "/"),
                !rest.split(separator: UInt8(ascii: "/"))
                    .contains(where: { $0.elementsEqual("..".utf8) })
            else { return self }
            return Cgroup(path + String(decoding: rest, as: UTF8.self), on: hierarchies)
        }
        return self
    }
}
