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
            try syscall { clinux_bpf_attach_device_program(target, raw) }
        }
    }
}
