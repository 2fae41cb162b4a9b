// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import CSeccomp
internal import Glibc

extension SeccompFilter {
    /// The filter as a classic BPF program, eight bytes an instruction, ready for `loadSeccomp`.
    ///
    /// libseccomp writes it, which takes milliseconds: keep the result. Names that libseccomp does
    /// not know are left out, as in every engine; `unknownCallsFail` says what happens to them.
    public func compiled() throws(SeccompError) -> [UInt8] {
        let context = try SeccompContext(defaultAction: defaultAction.rawValue)
        var tokens: [(name: String, token: UInt32)] = []
        let native = Self.nativeArchitecture
        for name in architectures.contains(native) ? architectures : [native] + architectures {
            let token = seccomp_arch_resolve_name(name)
            guard token != 0 else { throw .unknownArchitecture(name) }
            try context.add(architecture: token)
            tokens.append((name, token))
        }
        try context.add(rules.filter { $0.action != defaultAction })
        var program = try context.exported()
        if case .errno(let number) = defaultAction, number != UInt16(ENOSYS) {
            program = unknownCallsFail(tokens) + program
        }
        guard program.count / 8 <= 4096 else { throw .tooLarge(program.count / 8) }
        return program
    }

    /// The version of the library that compiles: another may compile otherwise.
    public static var compilerVersion: String {
        guard let version = seccomp_version() else { return "0" }
        return "\(version.pointee.major).\(version.pointee.minor).\(version.pointee.micro)"
    }

    /// The specification's architectures that the library can compile for.
    public static var knownArchitectures: [String] {
        [
            "x86", "x86_64", "x32", "arm", "aarch64", "mips", "mips64", "mips64n32", "mipsel",
            "mipsel64", "mipsel64n32", "ppc", "ppc64", "ppc64le", "s390", "s390x", "parisc",
            "parisc64", "riscv64", "loongarch64", "m68k", "sh", "sheb",
        ].filter { seccomp_arch_resolve_name($0) != 0 }
    }

    /// The machine's own architecture, in libseccomp's spelling.
    public static var nativeArchitecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "aarch64"
        #else
            #error("name the architecture as libseccomp does")
        #endif
    }

    /// Instructions in front of the filter: a system call younger than any the rules name fails
    /// with ENOSYS, whatever the default action. C libraries try new calls and fall back on ENOSYS
    /// alone; EPERM they report.
    private func unknownCallsFail(_ architectures: [(name: String, token: UInt32)]) -> [UInt8] {
        var newest: [String: UInt32] = [:]
        for (name, token) in architectures {
            let numbers = rules.lazy.flatMap(\.names).map { call in
                seccomp_syscall_resolve_name_arch(token, call)
            }
            newest[name] = UInt32(max(0, numbers.max() ?? 0))
        }
        var program = ClassicProgram()
        program.load(offset: 4)
        for (name, token) in architectures where name != "x32" && newest[name] != 0 {
            var body = ClassicProgram()
            body.load(offset: 0)
            if name == "x86_64" {
                // x32 calls carry the same architecture and have bit 30 set.
                let x32 = newest["x32"].flatMap { $0 == 0 ? nil : $0 | 1 << 30 }
                body.jump(ifAtLeast: 1 << 30, over: 2)
                body.jump(unlessGreaterThan: newest[name] ?? 0, over: x32 == nil ? 1 : 3)
                body.answer(.errno(UInt16(ENOSYS)))
                if let x32 {
                    body.jump(unlessGreaterThan: x32, over: 1)
                    body.answer(.errno(UInt16(ENOSYS)))
                }
            } else {
                body.jump(unlessGreaterThan: newest[name] ?? 0, over: 1)
                body.answer(.errno(UInt16(ENOSYS)))
            }
            program.jump(unlessEqual: token, over: UInt8(body.count))
            program.append(body)
        }
        return program.bytes
    }
}

/// Puts a compiled filter in force on the calling thread, for good and for all its descendants
/// (seccomp(2)). Without no_new_privs this needs CAP_SYS_ADMIN. Runs between clone3 and execve: no
/// allocation.
/// - Parameter flags: SECCOMP_FILTER_FLAG bits.
/// - Returns: 0, or the number of the listener's descriptor with SECCOMP_FILTER_FLAG_NEW_LISTENER.
@discardableResult
public func loadSeccomp(program: [UInt8], flags: UInt32 = 0) throws(Errno) -> CInt {
    var failure: Errno?
    var listener: CInt = 0
    program.withUnsafeBytes { bytes in
        do throws(Errno) {
            listener = try syscall {
                clinux_seccomp_filter(bytes.baseAddress, UInt16(clamping: bytes.count / 8), flags)
            }
        } catch { failure = error }
    }
    if let failure { throw failure }
    return listener
}

/// libseccomp's own state, released with its owner.
private struct SeccompContext: ~Copyable {
    private let context: scmp_filter_ctx

    init(defaultAction: UInt32) throws(SeccompError) {
        guard let context = seccomp_init(defaultAction) else {
            throw .library("start a seccomp filter", .invalid)
        }
        var attributes: [(scmp_filter_attr, UInt32)] = [
            // A binary tree of the numbers: half the time that a list takes to load and to run.
            (SCMP_FLTATR_CTL_OPTIMIZE, 2),
            // The engine decides on no_new_privs, not the library.
            (SCMP_FLTATR_CTL_NNP, 0),
        ]
        // A call through an architecture that the filter does not name is answered with the default
        // action; where that lets calls pass, the thread ends, or the rules could be gone round.
        if defaultAction & 0xFFFF_0000 <= SeccompFilter.Action.errno(0).rawValue
            || defaultAction == SeccompFilter.Action.killProcess.rawValue
        {
            attributes.append((SCMP_FLTATR_ACT_BADARCH, defaultAction))
        }
        for (attribute, value) in attributes {
            let result = seccomp_attr_set(context, attribute, value)
            guard result == 0 else {
                seccomp_release(context)
                throw .library("set a seccomp attribute", Errno(rawValue: -result))
            }
        }
        self.context = context
    }

    deinit { seccomp_release(context) }

    func add(architecture token: UInt32) throws(SeccompError) {
        let result = seccomp_arch_add(context, token)
        // The machine's own is there from the start.
        guard result == 0 || result == -EEXIST else {
            throw .library("add a seccomp architecture", Errno(rawValue: -result))
        }
    }

    func add(_ rules: [SeccompFilter.Rule]) throws(SeccompError) {
        for rule in rules {
            let sets = Self.comparisonSets(of: rule)
            for name in rule.names {
                let number = seccomp_syscall_resolve_name(name)
                // __NR_SCMP_ERROR: nobody's call.
                guard number != -1 else { continue }
                for comparisons in sets {
                    let result = seccomp_rule_add_array(
                        context, rule.action.rawValue, number, UInt32(comparisons.count),
                        comparisons)
                    guard result == 0 else { throw .rule(name, Errno(rawValue: -result)) }
                }
            }
        }
    }

    /// libseccomp takes one condition an argument in a rule; several on the same argument make a
    /// rule each, as runc has it.
    private static func comparisonSets(of rule: SeccompFilter.Rule) -> [[scmp_arg_cmp]] {
        let comparisons = rule.comparisons.map { $0.libraryValue }
        let arguments = Set(comparisons.map(\.arg))
        return arguments.count == comparisons.count ? [comparisons] : comparisons.map { [$0] }
    }

    /// The program, through a pipe: the library writes only to descriptors. The pipe must hold more
    /// than any program that the kernel takes, because nobody reads meanwhile and the library does
    /// not notice a short write; the longest that fits is refused as too large.
    func exported() throws(SeccompError) -> [UInt8] {
        do throws(Errno) {
            let pipe = try DescriptorPair.pipe(nonblocking: true)
            let (reader, writer) = (pipe.first.raw, pipe.second.raw)
            try syscall { clinux_fcntl(writer, CInt(clinux_F_SETPIPE_SZ), 1 << 16) }
            let result = seccomp_export_bpf(context, writer)
            if result < 0 { throw Errno(rawValue: -result) }
            var program = [UInt8](repeating: 0, count: 1 << 16)
            let count = try syscall { read(reader, &program, program.count) }
            return Array(program[..<count])
        } catch {
            throw .library("export a seccomp filter", error)
        }
    }
}

extension SeccompFilter.Comparison {
    fileprivate var libraryValue: scmp_arg_cmp {
        let (operation, first, second): (scmp_compare, UInt64, UInt64) =
            switch operation {
            case .notEqual: (SCMP_CMP_NE, value, 0)
            case .less: (SCMP_CMP_LT, value, 0)
            case .lessOrEqual: (SCMP_CMP_LE, value, 0)
            case .equal: (SCMP_CMP_EQ, value, 0)
            case .greaterOrEqual: (SCMP_CMP_GE, value, 0)
            case .greater: (SCMP_CMP_GT, value, 0)
            case .maskedEqual(let mask): (SCMP_CMP_MASKED_EQ, mask, value)
            }
        return scmp_arg_cmp(arg: argument, op: operation, datum_a: first, datum_b: second)
    }
}

/// The few instructions of classic BPF that are ours (struct sock_filter of linux/filter.h).
private struct ClassicProgram {
    private(set) var bytes: [UInt8] = []
    var count: Int { bytes.count / 8 }

    /// Loads a word of struct seccomp_data: 0 is the call's number, 4 the architecture.
    mutating func load(offset: UInt32) { append(0x20, 0, 0, offset) }
    mutating func jump(unlessEqual value: UInt32, over count: UInt8) {
        append(0x15, 0, count, value)
    }
    mutating func jump(unlessGreaterThan value: UInt32, over count: UInt8) {
        append(0x25, 0, count, value)
    }
    mutating func jump(ifAtLeast value: UInt32, over count: UInt8) { append(0x35, count, 0, value) }
    mutating func answer(_ action: SeccompFilter.Action) { append(0x06, 0, 0, action.rawValue) }
    mutating func append(_ other: ClassicProgram) { bytes += other.bytes }

    private mutating func append(
        _ opcode: UInt16, _ whenTrue: UInt8, _ whenFalse: UInt8, _ constant: UInt32
    ) {
        withUnsafeBytes(of: opcode) { bytes += $0 }
        bytes += [whenTrue, whenFalse]
        withUnsafeBytes(of: constant) { bytes += $0 }
    }
}
