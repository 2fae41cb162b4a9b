// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc
import Linux

extension Invocation {
    /// The engine that the global options mean. Only root may use it.
    func engine() throws -> Engine {
        guard geteuid() == 0 else {
            throw UsageError(
                "swocker: containers are made by root so far: run it with sudo (you are uid \(geteuid()))"
            )
        }
        let program = InstalledProgram()
        return Engine(
            location: EngineLocation(
                root: options.root, state: options.state,
                bundledImages: program.bundledImages(surroundings.environment("SWOCKER_IMAGES")),
                initProgram: program.initProgram,
                registry: RegistryProgram(path: program.registryProgram),
                clientDirectory: clientDirectory))
    }

    /// The directory of the user's own settings: of `--config`, of DOCKER_CONFIG, or `~/.docker`.
    var clientDirectory: String {
        if let directory = options.config { return directory }
        return (surroundings.environment("HOME") ?? "") + "/.docker"
    }
}

/// Where the program lies, and what was installed with it.
struct InstalledProgram {
    private let directory: String

    init() {
        let path = ProtectedProgram.installedPath
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        directory = slash.map { String(path[..<$0]) } ?? ""
    }

    /// Beside the program, or where `make install` puts them.
    func bundledImages(_ chosen: String?) -> [String] {
        if let chosen, !chosen.isEmpty { return [chosen] }
        return ["\(directory)/images", "\(directory)/../share/swocker/images"]
    }

    /// The program that speaks with registries.
    var registryProgram: String? {
        ["\(directory)/swocker-registry", "\(directory)/../libexec/swocker/swocker-registry"]
            .first(where: exists)
    }

    /// The init program of `--init`.
    var initProgram: String? {
        [
            "\(directory)/swocker-init", "\(directory)/../libexec/swocker/swocker-init",
            "/usr/bin/tini-static", "/usr/bin/docker-init", "/usr/libexec/docker/docker-init",
        ].first(where: exists)
    }
}
