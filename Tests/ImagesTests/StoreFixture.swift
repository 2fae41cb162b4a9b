// SPDX-License-Identifier: Apache-2.0

import ArchiveFixtures
import Glibc
import Images
import Linux
import OCI
import SQLite
import Testing

/// A store of its own in a directory that goes with it.
final class StoreFixture {
    let directory: TemporaryDirectory
    let store: ImageStore
    let database: Database
    private var serial = 0

    init() throws {
        umask(0)
        directory = try TemporaryDirectory()
        store = ImageStore(root: "\(directory.path)/root")
        try makeDirectory(store.root)
        database = try Database.open(
            "\(store.root)/state.db", migrations: ImageStore.migrations)
    }

    /// Loads an archive in this process.
    @discardableResult
    func load(_ archive: [UInt8], platform: Platform? = nil) throws -> [LoadedImage] {
        serial += 1
        let path = try directory.write(archive, to: "archive-\(serial).tar")
        return try store.load(.path(path), platform: platform, into: database, workers: 0)
    }

    /// The message of a load that must fail, and that must leave nothing.
    func refusal(_ archive: [UInt8], platform: Platform? = nil) throws -> String {
        let before = try files()
        do { _ = try load(archive, platform: platform) } catch {
            try store.collectGarbage(in: database) { _ in false }
            #expect(try files() == before)
            #expect(try store.images(in: database).isEmpty)
            return "\(error)"
        }
        Issue.record("the archive was loaded")
        return ""
    }

    func image(_ name: String) throws -> Image? { try store.image(name, in: database) }

    /// The lines of `images`.
    func listing() throws -> [String] {
        try store.images(in: database).map { $0.reference?.familiar ?? "<none>" }
    }

    /// What lies in the store's directories.
    func files() throws -> [String] {
        try ["content/blobs/sha256", "content/ingest", "layers"].flatMap { path in
            let path = "\(store.root)/\(path)"
            return exists(path) ? try names(in: path).sorted() : []
        }
    }

    /// The text of a file in an image's topmost layer that has it.
    func text(_ path: String, of image: Image) throws -> String? {
        for layer in store.layerDirectories(of: image) where exists("\(layer)/\(path)") {
            return String(decoding: try contents(of: "\(layer)/\(path)"), as: UTF8.self)
        }
        return nil
    }
}

/// Owners, devices and overlay's attributes are root's.
let isRoot = geteuid() == 0

/// A layer with these files.
func layer(_ files: [(String, String)]) -> [UInt8] {
    var tar = TarBuilder()
    for (path, content) in files { tar.add(path, .file, content) }
    return tar.finished()
}

/// Two layers, the upper hiding a file of the lower.
func sampleImage() -> ImageBuilder {
    ImageBuilder(layers: [
        layer([("bin/sh", "lower shell"), ("etc/motd", "hello")]),
        layer([("bin/sh", "upper shell"), ("etc/.wh.motd", "")]),
    ])
}

/// Starts a program.
func spawn(_ words: [String]) throws -> pid_t {
    var pid: pid_t = 0
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    let failure = posix_spawn(&pid, words[0], nil, nil, arguments, environ)
    guard failure == 0 else {
        throw KernelError(action: "start \(words[0])", errno: Errno(rawValue: failure))
    }
    return pid
}

/// How a program ended (waitpid(2)'s status).
func wait(for pid: pid_t) -> Int32 {
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    return status
}

/// Runs a program to its end.
func run(_ words: [String]) throws -> Int32 { wait(for: try spawn(words)) }
