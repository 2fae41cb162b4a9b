// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

// The settings of a process that few ask for, as steps.

extension Spec.IOPriority {
    var step: KernelStep {
        get throws(RuntimeError) {
            let number: Int32
            switch `class` {
            case "IOPRIO_CLASS_RT": number = 1
            case "IOPRIO_CLASS_BE": number = 2
            case "IOPRIO_CLASS_IDLE": number = 3
            default: throw RuntimeError.invalidSpec("unknown I/O priority class \(`class`)")
            }
            guard (0...7).contains(priority) else {
                throw RuntimeError.invalidSpec("I/O priority \(priority) is not between 0 and 7")
            }
            return .setIOPriority(class: number, level: Int32(priority))
        }
    }
}

extension Spec.Scheduler {
    private static let policies: [(name: String, number: UInt32)] = [
        ("SCHED_OTHER", 0), ("SCHED_FIFO", 1), ("SCHED_RR", 2), ("SCHED_BATCH", 3),
        ("SCHED_ISO", 4), ("SCHED_IDLE", 5), ("SCHED_DEADLINE", 6),
    ]
    /// In the order of the kernel's bits.
    private static let flagNames = [
        "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN",
        "SCHED_FLAG_KEEP_POLICY", "SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_UTIL_CLAMP_MIN",
        "SCHED_FLAG_UTIL_CLAMP_MAX",
    ]

    /// The kernel's numbers.
    var scheduling: Scheduling {
        get throws(RuntimeError) {
            guard let number = Self.policies.first(where: { $0.name == policy })?.number else {
                throw RuntimeError.invalidSpec("unknown scheduler policy \"\(policy)\"")
            }
            var bits: UInt64 = 0
            for flag in flags {
                guard let bit = Self.flagNames.firstIndex(of: flag) else {
                    throw RuntimeError.invalidSpec("unknown scheduler flag \"\(flag)\"")
                }
                bits |= 1 << UInt64(bit)
            }
            if let nice, !(-20...19).contains(nice) {
                throw RuntimeError.invalidSpec("scheduler.nice \(nice) is not between -20 and 19")
            }
            guard let priority = UInt32(exactly: priority ?? 0), priority <= 99 else {
                throw RuntimeError.invalidSpec("scheduler.priority is not between 0 and 99")
            }
            return Scheduling(
                policy: number, flags: bits, nice: nice ?? 0, priority: priority,
                runtime: runtime ?? 0, deadline: deadline ?? 0, period: period ?? 0)
        }
    }

    /// Whether a process that was forked from one with these settings has others: they must then be
    /// set in the last process.
    var isLostByFork: Bool {
        policy == "SCHED_DEADLINE" || flags.contains("SCHED_FLAG_RESET_ON_FORK")
    }
}

extension Spec.ExecCPUAffinity {
    /// The step for one of the two; empty when nothing is asked for.
    static func steps(_ processors: String?) throws(RuntimeError) -> [KernelStep] {
        guard let processors, !processors.isEmpty else { return [] }
        guard let set = ProcessorSet(processors) else {
            throw RuntimeError.invalidSpec("execCPUAffinity \"\(processors)\" is no list of CPUs")
        }
        return [.confine(set)]
    }
}

extension LinuxSpec.Personality {
    var step: KernelStep {
        get throws(RuntimeError) {
            guard flags.isEmpty else {
                throw RuntimeError.invalidSpec("personality flags are not supported")
            }
            switch domain {
            case "LINUX": return .setPersonality(0)
            case "LINUX32": return .setPersonality(8)
            default: throw RuntimeError.invalidSpec("unknown personality \"\(domain)\"")
            }
        }
    }
}

extension Spec.Process {
    /// What security modules shall know the program as.
    var securityLabels: [SecurityLabel] {
        var labels: [SecurityLabel] = []
        if let profile = apparmorProfile, !profile.isEmpty {
            labels.append(.appArmor(profile: profile))
        }
        if let context = selinuxLabel, !context.isEmpty {
            labels.append(.seLinux(context: context))
        }
        return labels
    }
}
