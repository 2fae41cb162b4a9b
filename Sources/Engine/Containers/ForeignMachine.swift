// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Images
internal import Linux
internal import OCI
internal import SQLite

// For which machine a program was made that this one cannot execute (elf(5), e_machine).
extension Engine {
    /// Looks for the container's program in its layers, the topmost first, and reads its header.
    /// - Returns: nil when it is not found, or made for this machine.
    func foreignMachine(of container: Container, in database: borrowing Database) -> String? {
        guard let program = container.record.commandLine.first,
            let digest = Digest(hex: container.record.imageID),
            let image = try? images.image(id: digest, in: database)
        else { return nil }
        let roots = [location.container(container.id).upper] + images.layerDirectories(of: image)
        let directories =
            program.contains("/")
            ? [""]
            : ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        for directory in directories {
            for root in roots {
                guard let number = ELFHeader.machine(of: "\(directory)/\(program)", in: root) else {
                    continue
                }
                return number == ELFHeader.own ? nil : ELFHeader.name(of: number)
            }
        }
        return nil
    }
}

/// The first bytes of a program.
enum ELFHeader {
    /// This machine's number.
    static let own: UInt16? = {
        guard let program = try? OwnedFD.open("/proc/self/exe") else { return nil }
        return machine(of: program)
    }()

    /// - Parameter path: within `root`; links do not lead out of it.
    static func machine(of path: String, in root: String) -> UInt16? {
        guard let directory = try? OwnedFD.open(root, openPath | O_DIRECTORY),
            let place = try? OwnedFD.open(path, beneath: directory.raw, openPath),
            isRegular(place),
            let file = try? OwnedFD.open(path, beneath: directory.raw, O_RDONLY | O_NONBLOCK)
        else { return nil }
        return machine(of: file)
    }

    /// Nothing else may be opened: a pipe would block, a device might act.
    private static func isRegular(_ place: borrowing OwnedFD) -> Bool {
        var status = stat()
        return fstat(place.raw, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    private static func machine(of file: borrowing OwnedFD) -> UInt16? {
        var header = [UInt8](repeating: 0, count: 20)
        let raw = file.raw
        let count = header.withUnsafeMutableBytes { pread(raw, $0.baseAddress, 20, 0) }
        guard count == 20, header.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else { return nil }
        // Byte 5 says in which order the others stand.
        return header[5] == 2
            ? UInt16(header[18]) << 8 | UInt16(header[19])
            : UInt16(header[19]) << 8 | UInt16(header[18])
    }

    /// The machine as people call it.
    static func name(of machine: UInt16) -> String {
        switch machine {
        case 3: "386"
        case 8: "mips"
        case 20: "ppc"
        case 21: "ppc64le"
        case 22: "s390x"
        case 40: "arm"
        case 62: "amd64"
        case 183: "arm64"
        case 243: "riscv64"
        case 258: "loong64"
        default: "machine \(machine) of the ELF specification"
        }
    }
}
