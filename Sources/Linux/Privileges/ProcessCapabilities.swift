// SPDX-License-Identifier: Apache-2.0
//
// What the calling thread does to its own capability sets. These run between clone3 and execve: no
// allocation, no lock.

internal import CLinux

/// Removes from the bounding set whatever is not kept (PR_CAPBSET_DROP): no execve(2) ever gives it
/// back. Needs CAP_SETPCAP, so it comes before `setCapabilities`.
public func dropBounding(keeping kept: CapabilitySet) throws(Errno) {
    for number in UInt64(0)..<64 where kept.rawValue & (1 << number) == 0 {
        do throws(Errno) {
            try syscall { clinux_prctl(CInt(clinux_PR_CAPBSET_DROP), UInt(number), 0, 0, 0) }
        } catch {
            // Beyond the kernel's last capability.
            if error == .invalid { return }
            throw error
        }
    }
}

/// Sets three sets at once (capset(2)). A container's inheritable set is empty (CVE-2022-24769),
/// unless it has ambient capabilities.
public func setCapabilities(
    effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet
) throws(Errno) {
    try syscall {
        clinux_capset(effective.rawValue, permitted.rawValue, inheritable.rawValue)
    }
}

/// Clears the ambient set and raises these in it (PR_CAP_AMBIENT): each must be permitted and
/// inheritable.
public func setAmbient(_ capabilities: CapabilitySet) throws(Errno) {
    try syscall {
        clinux_prctl(CInt(clinux_PR_CAP_AMBIENT), UInt(clinux_PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)
    }
    for number in UInt64(0)..<64 where capabilities.rawValue & (1 << number) != 0 {
        try syscall {
            clinux_prctl(
                CInt(clinux_PR_CAP_AMBIENT), UInt(clinux_PR_CAP_AMBIENT_RAISE), UInt(number), 0, 0)
        }
    }
}

/// The sets of the calling thread (capget(2)).
public func currentCapabilities() throws(Errno) -> (
    effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet
) {
    var sets: (UInt64, UInt64, UInt64) = (0, 0, 0)
    try syscall { clinux_capget(&sets.0, &sets.1, &sets.2) }
    return (
        CapabilitySet(rawValue: sets.0), CapabilitySet(rawValue: sets.1),
        CapabilitySet(rawValue: sets.2)
    )
}
