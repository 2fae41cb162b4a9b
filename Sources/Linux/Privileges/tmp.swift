internal import CLinux
public func loadSeccomp(program: [UInt8], flags: UInt32) throws(Errno) {
    try syscall { clinux_seccomp_filter(program, UInt16(program.count / 8), flags) }
}
