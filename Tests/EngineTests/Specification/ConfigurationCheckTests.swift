// SPDX-License-Identifier: Apache-2.0

import Engine
import Testing

struct ConfigurationCheckTests {
    private static let megabyte: Int64 = 1 << 20

    private static func message(
        version: Int = 2, _ change: (inout HostConfiguration) -> Void
    ) -> String? {
        var host = HostConfiguration()
        change(&host)
        let check = ConfigurationCheck(host, processors: 2, cgroupVersion: version)
        do throws(ConfigurationError) {
            _ = try check.warnings()
            return nil
        } catch { return error.message }
    }

    private static let range =
        "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available"

    @Test(
        arguments: [
            (0, 0, 0, nil), (6 << 20, 0, 0, nil), (6 << 20, -1, 0, nil), (0, -1, 0, nil),
            (6 << 20, 6 << 20, 6 << 20, nil),
            ((6 << 20) - 1, 0, 0, "Minimum memory limit allowed is 6MB"),
            (-1, 0, 0, "Minimum memory limit allowed is 6MB"),
            (0, 0, 1, "Minimum memory reservation allowed is 6MB"),
            (
                6 << 20, 0, 7 << 20,
                "Minimum memory limit can not be less than memory reservation limit, see usage"
            ),
            (
                0, 8 << 20, 0,
                "You should always set the Memory limit when using Memoryswap limit, see usage"
            ),
            (
                8 << 20, 7 << 20, 0,
                "Minimum memoryswap limit should be larger than memory limit, see usage"
            ),
        ] as [(Int64, Int64, Int64, String?)])
    func memory(limit: Int64, swap: Int64, reservation: Int64, refusal: String?) {
        let message = Self.message {
            $0.memory = limit
            $0.memorySwap = swap
            $0.memoryReservation = reservation
        }
        #expect(message == refusal)
    }

    @Test(
        arguments: [
            (10_000_000, nil), (2_000_000_000, nil), (1_999_999_999, nil),
            (2_000_000_001, range), (3_000_000_000, range), (-1, range), (9_999_999, range),
            (.max, range),
        ] as [(Int64, String?)])
    func nanoCPUs(count: Int64, refusal: String?) {
        #expect(Self.message { $0.nanoCPUs = count } == refusal)
    }

    @Test func numbers() {
        let rows: [((inout HostConfiguration) -> Void, String?)] = [
            (
                { $0.cpuPeriod = 999 },
                "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s "
                    + "(i.e. 1000000)"
            ),
            ({ $0.cpuPeriod = 1000 }, nil),
            ({ $0.cpuQuota = 999 }, "CPU cfs quota can not be less than 1ms (i.e. 1000)"),
            ({ $0.cpuQuota = -1 }, nil),
            ({ $0.cpuShares = -1 }, "invalid CPU shares (-1): value must be a positive integer"),
            ({ $0.cpuRealtimeRuntime = 1 }, "Your kernel does not support CPU real-time scheduler"),
            ({ $0.shmSize = -1 }, "SHM size can not be less than 0"),
        ]
        for (change, refusal) in rows {
            #expect(Self.message(change) == refusal)
        }
    }

    @Test func conflicts() {
        #expect(
            Self.message {
                $0.nanoCPUs = 1_000_000_000
                $0.cpuPeriod = 1000
            } == "Conflicting options: Nano CPUs and CPU Period cannot both be set")
        #expect(
            Self.message {
                $0.nanoCPUs = 1_000_000_000
                $0.cpuQuota = 1000
            } == "Conflicting options: Nano CPUs and CPU Quota cannot both be set")
        #expect(
            Self.message { $0.blkioWeight = 5 } == "Range of blkio weight is from 10 to 1000")
        #expect(
            Self.message { $0.oomScoreAdj = 1001 }
                == "Invalid value 1001, range for oom score adj is [-1000, 1000]")
    }

    @Test(
        arguments: [
            ("0", nil), ("0-1", nil), ("0,1", nil),
            ("0-2", "Requested CPUs are not available - requested 0-2, available: 0-1"),
            ("1-0", "Invalid value 1-0 for cpuset cpus"), ("a", "Invalid value a for cpuset cpus"),
            ("0-", "Invalid value 0- for cpuset cpus"),
            ("0-1-1", "Invalid value 0-1-1 for cpuset cpus"),
        ] as [(String, String?)])
    func processorSets(text: String, refusal: String?) {
        #expect(Self.message { $0.cpusetCpus = text } == refusal)
    }

    @Test func warnings() throws {
        var host = HostConfiguration()
        host.oomKillDisable = true
        host.memorySwappiness = 1
        let second = try ConfigurationCheck(host, processors: 2, cgroupVersion: 2).warnings()
        #expect(second.count == 2)
        let first = try ConfigurationCheck(host, processors: 2, cgroupVersion: 1).warnings()
        #expect(first.first?.hasPrefix("OOM killer is disabled for the container") == true)
    }

    @Test func defaultsThatInspectShows() throws {
        var host = HostConfiguration()
        host.memory = 6 << 20
        let filled = try host.withDefaults(cgroupVersion: 2)
        #expect(filled.memorySwap == 12 << 20)
        #expect(filled.shmSize == 64 << 20)
        #expect(filled.ipcMode == "private")
        #expect(filled.cgroupnsMode == "private")
        #expect(filled.maskedPaths?.contains("/proc/kcore") == true)
        #expect(filled.readonlyPaths?.contains("/proc/sys") == true)
        host.privileged = true
        let privileged = try host.withDefaults(cgroupVersion: 1)
        #expect(privileged.cgroupnsMode == "host")
        #expect(privileged.maskedPaths == [])
    }
}
