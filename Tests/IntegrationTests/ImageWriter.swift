// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

/// Writes tar archives entry by entry, so that names and links can say what no tar program would.
struct TarWriter {
    private(set) var bytes: [UInt8] = []

    /// - Parameter type: `0` a file, `1` a hard link, `2` a symbolic link, `3` a character device,
    ///   `5` a directory.
    mutating func add(
        _ name: String, type: Character = "0", _ content: [UInt8] = [], link: String = "",
        mode: Int = 0o755, size: Int? = nil
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int, _ length: Int) {
            for (index, byte) in text.utf8.prefix(length).enumerated() {
                header[offset + index] = byte
            }
        }
        func octal(_ value: Int, at offset: Int, _ length: Int) {
            let digits = String(value, radix: 8)
            put(
                String(repeating: "0", count: length - 1 - digits.count) + digits, at: offset,
                length)
        }
        put(name, at: 0, 100)
        octal(mode, at: 100, 8)
        octal(0, at: 108, 8)
        octal(0, at: 116, 8)
        octal(size ?? content.count, at: 124, 12)
        octal(1_767_225_600, at: 136, 12)
        put("        ", at: 148, 8)
        put(String(type), at: 156, 1)
        put(link, at: 157, 100)
        put("ustar\0", at: 257, 6)
        put("00", at: 263, 2)
        octal(1, at: 329, 8)
        octal(3, at: 337, 8)
        octal(header.reduce(0) { $0 + Int($1) }, at: 148, 7)
        bytes += header + content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// The archive with its end mark.
    func finished() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}

/// An image in the making: bundled busybox with layers on top, or hostile layers alone.
struct ImageWriter {
    let swocker: Swocker
    let name: String
    var layers: [[UInt8]] = []
    /// The `config` object of the image.
    var config = #"{"Cmd":["sh"]}"#
    var layerMediaType = "application/vnd.oci.image.layer.v1.tar"
    var manifestMediaType = "application/vnd.oci.image.manifest.v1+json"

    init(_ name: String, in swocker: Swocker) {
        self.swocker = swocker
        self.name = name
    }

    /// A layer with static busybox as /bin/sh and its friends.
    static func busybox(_ change: (inout TarWriter) -> Void = { _ in }) -> [UInt8] {
        var tar = TarWriter()
        tar.add("bin/", type: "5")
        tar.add("bin/busybox", IntegrationTests.bytes(of: "/bin/busybox"))
        for applet in ["sh", "cat", "echo", "ls", "id", "grep", "readlink", "touch", "mount"] {
            tar.add("bin/\(applet)", type: "1", link: "bin/busybox")
        }
        change(&tar)
        return tar.finished()
    }

    private func digest(_ content: [UInt8]) -> String {
        let file = swocker.path("digested")
        make(file, content)
        return String(swocker.host("sha256sum", file).out.prefix(64))
    }

    /// Writes an OCI layout, lets `spoil` change the blobs' files, and answers the archive's path.
    func write(spoil: (_ layout: String, _ layers: [String]) -> Void = { _, _ in }) -> String {
        let layout = swocker.path("\(name)-layout")
        swocker.host("mkdir", "-p", "\(layout)/blobs/sha256")
        func keep(_ content: [UInt8]) -> String {
            let hex = digest(content)
            make("\(layout)/blobs/sha256/\(hex)", content)
            return hex
        }
        func descriptor(_ type: String, _ hex: String, _ size: Int) -> String {
            #"{"mediaType":"\#(type)","digest":"sha256:\#(hex)","size":\#(size)"#
        }
        let hexes = layers.map(keep)
        let diffIDs = hexes.map { "\"sha256:\($0)\"" }.joined(separator: ",")
        let image =
            #"{"created":"2026-01-01T00:00:00Z","architecture":"\#(architecture)","os":"linux","config":\#(config),"rootfs":{"type":"layers","diff_ids":[\#(diffIDs)]}}"#
        let imageHex = keep(Array(image.utf8))
        let layerList = zip(hexes, layers).map {
            descriptor(layerMediaType, $0, $1.count) + "}"
        }.joined(separator: ",")
        let manifest =
            #"{"schemaVersion":2,"mediaType":"\#(manifestMediaType)","config":"#
            + descriptor("application/vnd.oci.image.config.v1+json", imageHex, image.utf8.count)
            + "},\"layers\":[\(layerList)]}"
        let manifestHex = keep(Array(manifest.utf8))
        make(
            "\(layout)/index.json",
            #"{"schemaVersion":2,"manifests":["#
                + descriptor(manifestMediaType, manifestHex, manifest.utf8.count)
                + #","annotations":{"io.containerd.image.name":"docker.io/library/\#(name):latest","org.opencontainers.image.ref.name":"latest"}}]}"#
        )
        make("\(layout)/oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)
        spoil(layout, hexes)
        let archive = swocker.path("\(name).tar")
        swocker.host(
            "tar", "-C", layout, "-cf", archive, "oci-layout", "index.json", "blobs")
        return archive
    }

    private var architecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "amd64"
        #endif
    }
}
