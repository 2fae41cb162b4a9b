// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

/// A step in words: for errors, and for people who want to see what a container is made of.
public struct Explanation: Equatable, Sendable {
    /// What is done on what, for an error: "mount proc on /proc".
    public var action: String
    /// The system call, with its main arguments.
    public var call: String
    /// The shell command that would do the same.
    public var shell: String
    /// One plain sentence: why.
    public var sentence: String

    init(_ action: String, _ call: String, _ shell: String, _ sentence: String) {
        self.action = action
        self.call = call
        self.shell = shell
        self.sentence = sentence
    }
}

extension KernelStep {
    public var explanation: Explanation {
        switch self {
        case .makeCgroup, .writeCgroup, .limitDevices, .startScope, .enterCgroup, .joinCgroups:
            explanationOfGroups
        case .openFile, .copyTree, .copySubtree, .openFilesystem, .giveStreams, .clone:
            explanationBefore
        case .openNamespace, .openMapping, .findSecurityModule, .makeResourceGroup,
            .joinResourceGroup, .connectAgent, .sendListener, .setClocks, .confine, .changeMount,
            .setRootPropagation,
            .setPersonality, .setSecurityLabel, .setScheduler:
            explanationOfExtras
        case .mapIDs, .shiftOwners, .createOverlay, .setLimit, .setOOMScore, .release:
            explanationMeanwhile
        case .makeCable, .serveNames, .setUpInterface: explanationOfNetworks
        case .awaitProcess, .awaitEngine, .findProgram, .awaitStart, .keepDescriptors, .runHook,
            .newKeyring, .moveRoot:
            explanationOfLife
        case .joinNamespace, .unshare, .hide, .closeDescriptors, .cloneSibling,
            .becomeRoot, .newSession, .raiseLoopback,
            .setHostname, .setDomainname, .setPropagation, .setSysctl, .setIOPriority:
            explanationOfSelf
        case .attachRoot, .openRoot, .useRoot, .mount, .bind, .makeDevice, .makeLink, .openTerminal,
            .pivot,
            .mask, .makeReadOnly, .sealMount, .makeRootReadOnly,
            .makeWorkingDirectory:
            explanationOfFiles
        case .identify, .useStreams, .ownStreams, .forbidNewPrivileges, .loadSeccomp, .setUser,
            .setCapabilities, .enterWorkingDirectory, .execute:
            explanationOfPrivileges
        }
    }

    private var explanationBefore: Explanation {
        switch self {
        case .openFile(let path, let writable, _):
            Explanation(
                "open \(path)", "open(\"\(path)\", \(writable ? "O_WRONLY" : "O_RDONLY"))",
                "exec 3\(writable ? ">" : "<") \(path)",
                "Opened now, while the host's files are still in sight.")
        case .copyTree(let source, let recursive, _):
            Explanation(
                "open a copy of the mount at \(source)",
                "open_tree(\"\(source)\", OPEN_TREE_CLONE\(recursive ? "|AT_RECURSIVE" : ""))",
                "mount --\(recursive ? "rbind" : "bind") \(source) …",
                "A detached mount: nobody sees it until it is attached somewhere.")
        case .copySubtree(let source, let path, let recursive, _):
            Explanation(
                "open a copy of the mount at \(path) in \(source)",
                "openat2(\"\(source)\", \"\(path)\", RESOLVE_IN_ROOT), open_tree(OPEN_TREE_CLONE)",
                "mount --\(recursive ? "rbind" : "bind") \(source)/\(path) …",
                "A part of a volume: no link in it leads out of the volume.")
        case .openFilesystem(let type, _):
            Explanation(
                "open a new \(type)", "fsopen(\"\(type)\")", "mount -t \(type) …",
                "A file system in preparation; its options follow.")
        case .giveStreams(_, let uid, let gid):
            Explanation(
                "give the pipes to the container's root", "fchown(pipe, \(uid), \(gid)) ×3",
                "chown \(uid):\(gid) /proc/self/fd/{0,1,2}",
                "A program that opens /dev/stdout again must own the pipe behind it.")
        case .clone([], let cgroup):
            Explanation(
                "start a process", "clone3(\(cgroup == nil ? "" : "CLONE_INTO_CGROUP"))", "( … )",
                "It will join the container, and only that: this one stays outside.")
        case .clone(let namespaces, let cgroup):
            Explanation(
                "start a process in new namespaces",
                "clone3(\(namespaces.flagNames)\(cgroup == nil ? "" : "|CLONE_INTO_CGROUP"))",
                "unshare \(Self.unshareOptions(namespaces)) --fork …",
                "The container begins: a process whose view of the system is its own.")
        default: Explanation("", "", "", "")
        }
    }

    private var explanationMeanwhile: Explanation {
        switch self {
        case .mapIDs(let users, _):
            Explanation(
                "map the ids of the user namespace",
                "write(\"/proc/PID/uid_map\"), write(\"/proc/PID/gid_map\")",
                "newuidmap PID \(Self.list(users)); newgidmap PID …",
                "Root inside becomes a powerless number outside: "
                    + (users.first.map { "\($0.containerID) is \($0.hostID) on the host." } ?? ""))
        case .shiftOwners:
            Explanation(
                "shift the owners of a mount", "mount_setattr(MOUNT_ATTR_IDMAP)",
                "mount -o X-mount.idmap=/proc/PID/ns/user …",
                "Files keep the host's owners, seen through the container's mapping.")
        case .createOverlay(let overlay):
            Explanation(
                "create the overlay root", overlay.calls,
                "mount -t overlay overlay -o lowerdir=…,upperdir=\(overlay.upper),"
                    + "workdir=\(overlay.work) …",
                "The image's layers stay untouched below; what the container writes goes on top.")
        case .setLimit(let limit):
            Explanation(
                "set \(limit.type)", "prlimit(PID, \(limit.type), \(limit.soft), \(limit.hard))",
                "prlimit --pid PID --\(limit.type.dropFirst(7).lowercased())="
                    + "\(limit.soft):\(limit.hard)",
                "A limit of the process that all its children inherit.")
        case .setOOMScore(let score):
            Explanation(
                "set oom_score_adj", "write(\"/proc/PID/oom_score_adj\", \"\(score)\")",
                "echo \(score) > /proc/PID/oom_score_adj",
                "How soon the kernel ends it when memory runs out.")
        case .release:
            Explanation(
                "release the process", "write(pipe)", "kill -CONT PID",
                "The engine's part is done; the process goes on by itself.")
        default: Explanation("", "", "", "")
        }
    }

    private var explanationOfSelf: Explanation {
        switch self {
        case .joinNamespace(_, let kinds):
            Explanation(
                "join \(kinds.flagNames)", "setns(\(kinds.flagNames))", "nsenter -t PID …",
                "Namespaces that exist already, of a container or of the host.")
        case .unshare(let kinds):
            Explanation(
                "unshare \(kinds.flagNames)", "unshare(\(kinds.flagNames))",
                "unshare \(Self.unshareOptions(kinds))",
                "Its own control group now looks like the root of all.")
        case .hide:
            Explanation(
                "hide from /proc", "prctl(PR_SET_DUMPABLE, 0)", "(no shell command)",
                "Nobody in the container may look into a process that is still the engine's.")
        case .closeDescriptors:
            Explanation(
                "close all other descriptors", "close_range(3, ~0)", "exec 3>&- 4>&- …",
                "What the engine has open must not come along.")
        case .cloneSibling:
            Explanation(
                "start the process inside", "clone3(CLONE_PARENT)", "nsenter … --fork",
                "Only a new process is in the pid namespace; the engine becomes its parent.")
        case .becomeRoot:
            Explanation(
                "become root of the user namespace", "setresuid(0, 0, 0)", "setpriv --reuid 0 …",
                "Root, but only here: outside it owns nothing.")
        case .newSession:
            Explanation(
                "begin a session", "setsid()", "setsid …", "Away from the caller's terminal.")
        case .raiseLoopback:
            Explanation(
                "bring up lo", "ioctl(SIOCSIFFLAGS, \"lo\", IFF_UP)", "ip link set lo up",
                "127.0.0.1 works, and is nobody else's.")
        case .setHostname(let name):
            Explanation(
                "set the host name to \(name)", "sethostname(\"\(name)\")", "hostname \(name)",
                "A name of its own, in its own UTS namespace.")
        case .setDomainname(let name):
            Explanation(
                "set the domain name to \(name)", "setdomainname(\"\(name)\")",
                "domainname \(name)", "The NIS domain, for those who still ask.")
        case .setPropagation(let propagation):
            Explanation(
                "make all mounts \(propagation.rawValue)",
                "mount(\"/\", MS_REC|MS_\(propagation.rawValue.uppercased()))",
                "mount --make-r\(propagation.rawValue) /",
                "What is mounted from now on stays in here.")
        case .setSysctl(let key, let value):
            Explanation(
                "set sysctl \(key)", "write(\"/proc/sys/…\", \"\(value)\")",
                "sysctl -w \(key)=\(quoted(value))", "A kernel setting of these namespaces alone.")
        case .setIOPriority(let number, let level):
            Explanation(
                "set the I/O priority", "ioprio_set(\(number), \(level))",
                "ionice -c \(number) -n \(level)", "Who waits when the disk is busy.")
        default: Explanation("", "", "", "")
        }
    }

    private var explanationOfFiles: Explanation {
        switch self {
        case .attachRoot:
            Explanation(
                "attach the root file system", "fsmount(), move_mount(\"/\")",
                "mount -t overlay … /", "The image appears, over everything else.")
        case .useRoot:
            Explanation(
                "use the container's root", "(nothing: it is open)", ":",
                "Its files, with what is mounted there.")
        case .openRoot:
            Explanation(
                "open the root directory", "open(\"/\", O_PATH)", "exec 3< /",
                "Paths inside are looked up from here and cannot lead out.")
        case .mount(let mount):
            Explanation(
                "mount \(mount.type) on \(mount.target)",
                "fsopen(\"\(mount.type)\"), fsconfig(), fsmount(), move_mount(\"\(mount.target)\")",
                "mount -t \(mount.type)\(Self.options(mount.options)) \(mount.source) "
                    + mount.target,
                Self.purpose(of: mount))
        case .bind(let bind):
            Explanation(
                "bind \(bind.source) on \(bind.target)",
                "mount_setattr(), move_mount(\"\(bind.target)\")",
                "mount --\(bind.recursive ? "rbind" : "bind")"
                    + "\(bind.change.set.contains(.readOnly) ? " -o ro" : "") \(bind.source) "
                    + bind.target,
                "A file or directory of the host, or of the engine, shown in the container.")
        case .makeDevice(let device):
            Explanation(
                "make device \(device.path)",
                device.source == nil
                    ? "mknodat(\"\(device.path)\", \(device.major), \(device.minor))"
                    : "move_mount(\"\(device.path)\")",
                device.source == nil
                    ? "mknod \(device.path) c \(device.major) \(device.minor)"
                    : "mount --bind \(device.path) …\(device.path)",
                "One of the few devices that every program expects.")
        case .makeLink(let target, let path):
            Explanation(
                "link \(path) to \(target)", "symlinkat(\"\(target)\", \"\(path)\")",
                "ln -s \(target) \(path)", "A name that programs expect.")
        case .openTerminal:
            Explanation(
                "open a terminal", "open(\"/dev/pts/ptmx\"), ioctl(TIOCSCTTY), dup2(0, 1, 2)",
                "script -q /dev/null …",
                "A terminal of its own; the engine holds the other end.")
        case .pivot:
            Explanation(
                "pivot into the root file system", "pivot_root(\".\", \".\"), umount2(MNT_DETACH)",
                "pivot_root . . && umount -l .",
                "The host's files are gone from here, not hidden: there is no way back.")
        case .mask(let path):
            Explanation(
                "mask \(path)", "move_mount(\"\(path)\")", "mount --bind /dev/null \(path)",
                "Covered, because it tells about the host or can change it.")
        case .makeReadOnly(let path):
            Explanation(
                "make \(path) read-only", "mount_setattr(\"\(path)\", MOUNT_ATTR_RDONLY)",
                "mount --bind -o ro \(path) \(path)",
                "May be read, never written: it is the host's kernel that listens there.")
        case .sealMount(let path):
            Explanation(
                "make the mount on \(path) read-only",
                "mount_setattr(\"\(path)\", MOUNT_ATTR_RDONLY)", "mount -o remount,ro \(path)",
                "What was to be mounted inside is there now; nothing else may come.")
        case .makeRootReadOnly:
            Explanation(
                "make the root read-only", "mount_setattr(\"/\", MOUNT_ATTR_RDONLY)",
                "mount -o remount,ro /", "As asked for with --read-only.")
        case .makeWorkingDirectory(let path):
            Explanation(
                "make \(path)", "openat2(\"\(path)\"), mkdirat()", "mkdir -p \(path)",
                "The working directory, made when the image has none.")
        default: Explanation("", "", "", "")
        }
    }

    private var explanationOfPrivileges: Explanation {
        switch self {
        case .identify(let selection):
            Explanation(
                "look up the user", "openat2(\"/etc/passwd\"), openat2(\"/etc/group\")",
                "id \(selection.text)", "Names are looked up in the container's own files.")
        case .useStreams:
            Explanation(
                "connect the standard streams", "dup2(0, 1, 2)", "… <in >out 2>err",
                "What it prints goes to the monitor, which writes the log.")
        case .ownStreams:
            Explanation(
                "own the streams", "fchown(0), fchown(1), fchown(2)",
                "chown USER /proc/self/fd/{0,1,2}",
                "The user may open /dev/stdout again; what is the host's keeps its owner.")
        case .forbidNewPrivileges:
            Explanation(
                "forbid new privileges", "prctl(PR_SET_NO_NEW_PRIVS)",
                "setpriv --no-new-privs …", "No setuid program can give any back.")
        case .loadSeccomp(let program):
            Explanation(
                "load the system call filter",
                "seccomp(SECCOMP_SET_MODE_FILTER, \(program.instructions.count / 8) instructions)",
                "(no shell command: a BPF program from libseccomp)",
                "The kernel itself refuses the calls that no container needs.")
        case .setUser(let plan):
            Explanation(
                "become the user", "prctl(PR_CAPBSET_DROP), setgroups(), setresgid(), setresuid()",
                "setpriv --bounding-set=… --reuid … --regid … --groups …",
                "At most \(plan.bounding.count) privileges are left to win.")
        case .setCapabilities(let plan):
            Explanation(
                "set the capabilities", "capset(), prctl(PR_CAP_AMBIENT)",
                "capsh --drop=… --", "\(plan.effective.count) of root's privileges stay.")
        case .enterWorkingDirectory(let path, asRoot: true):
            Explanation(
                "chdir to \(path)", "chdir(\"\(path)\")", "cd \(path)",
                "Where the program begins; root may enter where its user perhaps may not.")
        case .enterWorkingDirectory(let path, asRoot: false):
            Explanation(
                "chdir to \(path)", "getcwd()", "cd \(path)",
                "Tried again if root was refused, and checked to lie inside.")
        case .execute(let arguments, _, _):
            Explanation(
                "execute \(arguments.first ?? "")", "execve(\"\(arguments.first ?? "")\")",
                "exec " + arguments.map(quoted).joined(separator: " "),
                "The process becomes the container's program.")
        default: Explanation("", "", "", "")
        }
    }

    // MARK: Words

    private static func purpose(of mount: FilesystemMount) -> String {
        switch mount.type {
        case "proc": "Shows the processes of this container and no others."
        case "sysfs": "The kernel's devices, to look at only."
        case "devpts": "Terminals of its own."
        case "mqueue": "POSIX message queues of its own."
        case "cgroup", "cgroup2": "Its limits, to read."
        case "tmpfs" where mount.target == "/dev": "An empty /dev; its few devices follow."
        case "tmpfs" where mount.target == "/dev/shm": "Shared memory of its own, bounded."
        case "tmpfs": "Memory that vanishes with the container."
        default: "A file system of the kernel's."
        }
    }

    private static func options(_ options: [String]) -> String {
        options.isEmpty ? "" : " -o " + options.joined(separator: ",")
    }

    private static func list(_ mappings: [IDMapping]) -> String {
        mappings.map { "\($0.containerID) \($0.hostID) \($0.size)" }.joined(separator: " ")
    }

    private static func unshareOptions(_ namespaces: Namespaces) -> String {
        Namespaces.all.filter { namespaces.contains($0.kind) }
            .map { $0.file == "mnt" ? "--mount" : "--\($0.file)" }.joined(separator: " ")
    }
}

extension UserSelection {
    fileprivate var text: String {
        switch self {
        case .ids(let user): "\(user.uid):\(user.gid)"
        case .named(let name, _): name.isEmpty ? "root" : name
        }
    }
}

extension CapabilitySet {
    fileprivate var count: Int { rawValue.nonzeroBitCount }
}

/// A word as a shell reads it.
private func quoted(_ word: String) -> String {
    let plain = word.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "="), UInt8(ascii: ":"):
            true
        default: false
        }
    }
    if plain && !word.isEmpty { return word }
    let parts = word.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.joined(separator: "'\\''") + "'"
}
