// SPDX-License-Identifier: Apache-2.0

extension HostConfiguration {
    /// This configuration with the engine's choices in the places that the user left open and that
    /// `inspect` shows filled.
    /// - Parameter cgroupVersion: 1 or 2.
    public func withDefaults(cgroupVersion: Int) throws(ConfigurationError) -> HostConfiguration {
        var filled = self
        let modes = try NamespaceModes(self, cgroupVersion: cgroupVersion)
        let security = try SecurityOptions(securityOpt, privileged: privileged)
        if let total = totalMemory { filled.memorySwap = total }
        if shmSize == 0 { filled.shmSize = KernelMounts.sharedMemorySize }
        if ipcMode.isEmpty { filled.ipcMode = "private" }
        if cgroupnsMode.isEmpty { filled.cgroupnsMode = modes.cgroup == .host ? "host" : "private" }
        let showsAll = privileged || security.showsSystemPaths
        if showsAll { (filled.maskedPaths, filled.readonlyPaths) = ([], []) }
        let paths = SystemPaths(hasThermalCounters: false)
        filled.maskedPaths = filled.maskedPaths ?? paths.masked(processors: 0)
        filled.readonlyPaths = filled.readonlyPaths ?? SystemPaths.readOnly
        return filled
    }
}
