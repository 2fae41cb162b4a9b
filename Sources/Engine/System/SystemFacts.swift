// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Images
internal import Linux
internal import OCI
internal import SQLite

/// What the engine has and what the machine offers: the answer to `info`.
public struct SystemFacts: Sendable {
    public var running = 0
    public var paused = 0
    public var stopped = 0
    /// Images, each once, whatever its names.
    public var images = 0
    public var machine = Machine()
    /// The file system below the engine's root: "ext4"; empty while there is no root.
    public var backingFileSystem = ""
    public var features = KernelFeatures()
    /// Where images, containers and volumes are.
    public var root = ""
    /// The static program that `--init` runs; nil when none is installed.
    public var initProgram: String?

    /// Nothing known yet.
    public init() {}

    public var containers: Int { running + paused + stopped }
}

/// What uname(2), sysinfo(2) and the distribution say.
public struct Machine: Sendable {
    public var kernel = ""
    /// The kernel's word: "x86_64".
    public var hardware = ""
    /// Go's word: "amd64".
    public var architecture = ""
    /// The distribution: "Debian GNU/Linux 12 (bookworm)".
    public var system = "Linux"
    /// Its version: "12".
    public var systemVersion = ""
    public var name = ""
    public var processors = 1
    /// Bytes of memory.
    public var memory: Int64 = 0

    /// Nothing known yet.
    public init() {}

    /// This machine's.
    public static var current: Machine {
        var machine = Machine()
        var name = utsname()
        if uname(&name) == 0 {
            machine.kernel = text(&name.release)
            machine.name = text(&name.nodename)
            machine.hardware = text(&name.machine)
        }
        machine.architecture = Platform.host.architecture
        machine.processors = max(sysconf(CInt(_SC_NPROCESSORS_ONLN)), 1)
        machine.memory = Int64(sysconf(CInt(_SC_PHYS_PAGES))) * Int64(sysconf(CInt(_SC_PAGESIZE)))
        let release = OSRelease.current
        machine.system = release["PRETTY_NAME"] ?? "Linux"
        machine.systemVersion = release["VERSION_ID"] ?? ""
        return machine
    }

    private static func text<Field>(_ field: inout Field) -> String {
        withUnsafeBytes(of: &field) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

/// os-release(5).
enum OSRelease {
    static var current: [String: String] {
        for path in ["/etc/os-release", "/usr/lib/os-release"] {
            if let bytes = try? contents(of: path, limit: 1 << 16) {
                return parse(String(decoding: bytes, as: UTF8.self))
            }
        }
        return [:]
    }

    /// `NAME=value` lines, the value perhaps in quotes.
    static func parse(_ text: String) -> [String: String] {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let mark = parts[1].first else { continue }
            let isQuoted = (mark == "\"" || mark == "'") && parts[1].count > 1
            values[String(parts[0])] = String(isQuoted ? parts[1].dropFirst().dropLast() : parts[1])
        }
        return values
    }
}

extension Engine {
    /// Counts what there is and asks the kernel what it can.
    public func facts() throws -> SystemFacts {
        var facts = SystemFacts()
        var listing = ContainerListing()
        (listing.all, listing.onlyIDs) = (true, true)
        for container in try list(listing) {
            switch container.state {
            case .running, .restarting: facts.running += 1
            case .paused: facts.paused += 1
            case .created, .removing, .exited, .dead: facts.stopped += 1
            }
        }
        facts.images = Set(try images.images(in: try open()).map(\.image.id)).count
        facts.machine = .current
        facts.features = KernelFeatures.probed(layers: location.root)
        facts.backingFileSystem = MountTable.fileSystem(of: location.root)
        facts.root = location.root
        facts.initProgram = location.initProgram
        return facts
    }
}
