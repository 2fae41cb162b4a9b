// SPDX-License-Identifier: Apache-2.0

/// The files of /proc and /sys that tell a container about its host, or change it: Docker's lists.
struct SystemPaths {
    let hasThermalCounters: Bool

    /// What is hidden: an absent path costs the kernel a failed open and nothing more.
    func masked(processors: Int) -> [String] {
        var paths = [
            "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
            "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list",
            "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
        ]
        guard hasThermalCounters else { return paths }
        paths += (0..<processors).map { "/sys/devices/system/cpu/cpu\($0)/thermal_throttle" }
        return paths
    }

    /// What may be read only.
    static var readOnly: [String] {
        ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
    }
}
