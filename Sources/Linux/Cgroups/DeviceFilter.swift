// SPDX-License-Identifier: Apache-2.0

internal import CLinux

extension OwnedFD {
    /// Gives a program to the kernel that decides on a cgroup's access to devices
    /// (BPF_PROG_TYPE_CGROUP_DEVICE of bpf(2)).
    /// - Parameter instructions: eBPF, eight bytes each.
    public static func deviceProgram(_ instructions: [UInt64]) throws(Errno) -> OwnedFD {
        var raw: CInt = -1
        var failure: Errno?
        instructions.withUnsafeBufferPointer { program in
            do throws(Errno) {
                raw = try syscall {
                    clinux_bpf_load_device_program(
                        program.baseAddress, UInt32(program.count), nil, 0)
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
        return OwnedFD(adopting: raw)
    }

    /// Puts this device program in force on a cgroup of version 2, beside those that it inherits;
    /// all must agree. The cgroup keeps it after the descriptor is closed.
    public func attach(toCgroup directory: String) throws(KernelError) {
        let raw = raw
        try attempting("attach device rules to \(directory)") { () throws(Errno) in
            let cgroup = try OwnedFD.open(directory)
            let target = cgroup.raw
            try syscall { clinux_bpf_attach_device_program(target, raw, -1) }
        }
    }

    /// Puts this device program in force in the place of a cgroup's own one: no device is open or
    /// shut for a moment in between (BPF_F_REPLACE, Linux 5.6). Where there are several, this one
    /// comes first and the others go after.
    public func replace(inCgroup directory: String) throws(KernelError) {
        let raw = raw
        try attempting("replace device rules of \(directory)") { () throws(Errno) in
            let cgroup = try OwnedFD.open(directory)
            let target = cgroup.raw
            let programs = try Self.programs(attachedTo: target)
            if programs.count == 1 {
                let old = OwnedFD(adopting: try syscall { clinux_bpf_program_fd(programs[0]) })
                let replaced = old.raw
                try syscall { clinux_bpf_attach_device_program(target, raw, replaced) }
                return
            }
            try syscall { clinux_bpf_attach_device_program(target, raw, -1) }
            for number in programs {
                let old = OwnedFD(adopting: try syscall { clinux_bpf_program_fd(number) })
                let detached = old.raw
                try syscall { clinux_bpf_detach_device_program(target, detached) }
            }
        }
    }

    /// The kernel's numbers of the device programs of the cgroup itself; 64 is the kernel's most.
    private static func programs(attachedTo cgroup: CInt) throws(Errno) -> [UInt32] {
        var numbers = [UInt32](repeating: 0, count: 64)
        var count = UInt32(numbers.count)
        try syscall { clinux_bpf_query_device_programs(cgroup, &numbers, &count) }
        return Array(numbers.prefix(Int(count)))
    }
}
