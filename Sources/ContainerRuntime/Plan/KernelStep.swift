// SPDX-License-Identifier: Apache-2.0

public import Linux
public import OCI

/// A descriptor that the plan opens: an index into a table which the engine's process and the
/// container's first process share, because one is the other's copy.
public struct Slot: Hashable, Sendable {
    public let index: Int
    public init(_ index: Int) { self.index = index }

    /// The slots that every plan begins with: the caller lends what is in them.
    public static let input = Slot(0)
    public static let output = Slot(1)
    public static let error = Slot(2)
    /// A Unix socket that takes the main end of the terminal.
    public static let console = Slot(3)
    /// A pidfd of the container's first process, for a program that joins it.
    public static let container = Slot(4)
    /// A FIFO, open for reading and writing, by which the program is let go (`StartGate`).
    public static let start = Slot(5)
    /// A container's root directory, for work on its files.
    public static let root = Slot(6)
}

/// One act on the kernel. A container start is a list of these: the interpreter performs them,
/// `--explain` prints them, tests compare them. A step is a value; it holds everything it needs but
/// the descriptors.
public enum KernelStep: Equatable, Sendable {
    // By the engine, before the process exists.
    case makeCgroup(Cgroup)
    case writeCgroup(CgroupSetting)
    case limitDevices(cgroup: String, program: [UInt64])
    case openFile(String, writable: Bool, Slot)
    case copyTree(source: String, recursive: Bool, Slot)
    case copySubtree(of: String, subpath: String, recursive: Bool, Slot)
    case openFilesystem(type: String, Slot)
    case giveStreams(StreamSlots, uid: UInt32, gid: UInt32)
    /// Opens a namespace and makes sure that it is of this kind.
    case openNamespace(path: String, Namespaces, Slot)
    /// A user namespace of these mappings, for the owners that mounts show.
    case openMapping(users: [IDMapping], groups: [IDMapping], Slot)
    /// Makes sure that the kernel has the security module that a label is of.
    case findSecurityModule(SecurityLabel)
    case makeResourceGroup(ResourceGroup)
    /// Connects to the Unix socket of a seccomp agent.
    case connectAgent(path: String, Slot)
    case clone(Namespaces, cgroup: Slot?)

    // By the engine, while the process waits.
    /// Has systemd make the group around the process.
    case startScope(ScopeStart)
    /// Makes what is missing of a group that another has made, and moves the process there.
    case enterCgroup(Cgroup)
    case mapIDs(users: [IDMapping], groups: [IDMapping])
    case shiftOwners(OwnerShift)
    case joinResourceGroup(ResourceGroup)
    /// Waits until the process has loaded its filter, and sends its descriptor to the agent.
    case sendListener(SeccompListener, Slot)
    case createOverlay(Overlay)
    /// Plugs the process's network namespace into a bridge.
    case makeCable(VethPair)
    /// Has who watches the process answer its questions for names, in its network namespace.
    case serveNames
    case setLimit(Spec.Rlimit)
    case setOOMScore(Int)
    case release
    /// Waits until the process has come to its `awaitEngine`.
    case awaitProcess

    // By the process itself, on its way to the container's program.
    case joinCgroups([Slot])
    case joinNamespace(Slot, Namespaces)
    case unshare(Namespaces)
    case setClocks([ClockOffset])
    case confine(ProcessorSet)
    case hide
    case closeDescriptors(keeping: [Slot])
    case cloneSibling
    case becomeRoot
    case newSession
    case newKeyring
    case raiseLoopback
    case setUpInterface(InterfaceSetup)
    case setHostname(String)
    case setDomainname(String)
    case setPropagation(Propagation)
    /// The propagation is that of a directory's mounts; a new file system has none.
    case attachRoot(RootAttachment, Propagation)
    case openRoot
    /// The root is what the caller lent (`Slot.root`).
    case useRoot
    case mount(FilesystemMount)
    case bind(BindMount)
    /// Changes the mount at a path ("remount").
    case changeMount(path: String, AttributeChange)
    case makeDevice(DeviceNode)
    case makeLink(target: String, path: String)
    case openTerminal(socket: Slot, size: Spec.ConsoleSize?, isConsole: Bool)
    /// Says so to the engine, which has something to do now, and waits for the next `release`.
    case awaitEngine
    case pivot
    /// What `pivot` does where the root is one that cannot be pivoted, as an initial ramdisk's.
    case moveRoot
    case setSysctl(key: String, value: String)
    case mask(path: String)
    case makeReadOnly(path: String)
    /// Makes the mount at a path read-only, after others were mounted inside it.
    case sealMount(path: String)
    case makeRootReadOnly
    case setRootPropagation(Propagation)
    case setPersonality(UInt)
    case setSecurityLabel(SecurityLabel)
    case setIOPriority(class: Int32, level: Int32)
    case identify(UserSelection)
    case useStreams(StreamSlots)
    case ownStreams
    case makeWorkingDirectory(String)
    case forbidNewPrivileges
    case loadSeccomp(SeccompProgram)
    case setUser(CapabilityPlan)
    case setCapabilities(CapabilityPlan)
    case enterWorkingDirectory(String, asRoot: Bool)
    /// Whether there is a program to execute, told before the wait for the start.
    case findProgram(arguments: [String], environment: [String])
    /// The end of the making of a container; what follows happens when somebody starts it.
    case awaitStart(Slot)
    /// The descriptors from 3 on that the program shall have.
    case keepDescriptors(count: Int)
    case execute(arguments: [String], environment: [String], umask: UInt32)

    // By both.
    case setScheduler(Scheduling)
    case runHook(HookRun)
}

/// What becomes "/".
public enum RootAttachment: Equatable, Sendable {
    /// A created file system: mount it.
    case filesystem(Slot)
    /// A copy of a directory's mount.
    case tree(Slot)
}

/// A new file system of the kernel's at a path of the container.
public struct FilesystemMount: Equatable, Sendable {
    public var type: String
    public var source: String
    public var target: String
    public var options: [String]
    public var attributes: MountAttributes
    public var propagation: Propagation?
    /// Whether a link in the target is an error: what other paths lead through must be where it seems
    /// to be (CVE-2019-19921, CVE-2023-27561).
    public var refusesLinks = false
    /// Whether image content below the target is copied into the new file system (tmpcopyup).
    public var copiesUp = false
}

/// A copy of a mount, opened by the engine, at a path of the container.
public struct BindMount: Equatable, Sendable {
    public var tree: Slot
    public var source: String
    public var target: String
    public var recursive: Bool
    public var change: AttributeChange
    /// Whether an empty directory takes over what the image has at the target (a new volume).
    public var copiesUp = false
    /// Whether `tree` is a file system that is not mounted yet: the layers of an image.
    public var isFilesystem = false
    /// The directory of that file system that is mounted in its place; nil for all of it.
    public var subpath: String?
}

/// A device file of the container.
public struct DeviceNode: Equatable, Sendable {
    public var path: String
    /// The host's device to bind there; a user namespace allows no mknod(2).
    public var source: Slot?
    public var mode: UInt32
    public var major: UInt32
    public var minor: UInt32
    public var owner: UInt32
    public var group: UInt32
}

/// Who the process shall be.
public enum UserSelection: Equatable, Sendable {
    case ids(Spec.User)
    /// Docker's "name|uid[:group|gid]", looked up in the container's own passwd and group files,
    /// and further groups by name or number.
    case named(String, groups: [String])
}

/// The descriptors that become 0, 1 and 2.
public struct StreamSlots: Equatable, Sendable {
    /// The slots that every plan begins with.
    public static let lent = StreamSlots(input: .input, output: .output, error: .error)

    public var input: Slot
    public var output: Slot
    public var error: Slot

    public init(input: Slot, output: Slot, error: Slot) {
        self.input = input
        self.output = output
        self.error = error
    }
}

/// A compiled system call filter.
public struct SeccompProgram: Equatable, Sendable {
    /// Classic BPF, 8 bytes an instruction.
    public var instructions: [UInt8]
    public var flags: UInt32
    /// SECCOMP_FILTER_FLAG_NEW_LISTENER.
    static let listens: UInt32 = 1 << 3
    /// Who decides on the calls that the filter leaves open.
    public var listener: SeccompListener?

    public init(instructions: [UInt8], flags: UInt32 = 0) {
        self.instructions = instructions
        self.flags = flags
    }
}

/// The five capability sets of a process (capabilities(7)).
public struct CapabilityPlan: Equatable, Sendable {
    public var bounding: CapabilitySet
    public var effective: CapabilitySet
    public var permitted: CapabilitySet
    public var inheritable: CapabilitySet
    public var ambient: CapabilitySet

    public init(
        bounding: CapabilitySet, effective: CapabilitySet, permitted: CapabilitySet,
        inheritable: CapabilitySet = [], ambient: CapabilitySet = []
    ) {
        self.bounding = bounding
        self.effective = effective
        self.permitted = permitted
        self.inheritable = inheritable
        self.ambient = ambient
    }
}
