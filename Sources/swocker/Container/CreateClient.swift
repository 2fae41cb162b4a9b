// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc
import Linux
import SQLite

/// The client's side of making a container, which `run` and `create` share.
struct CreateClient {
    let engine: Engine
    let surroundings: Surroundings

    /// Sees that the image is there, makes the container, writes the file of `--cidfile`.
    func create(
        _ request: CreateRequest, in database: borrowing Database
    ) throws -> CreatedContainer {
        let file = request.hostConfiguration.containerIDFile
        if !file.isEmpty, exists(file) {
            throw EngineError.invalid(
                "container ID file found, make sure the other container isn't running or delete "
                    + file)
        }
        try engine.ensureImage(
            request.configuration.image, policy: request.pull, platform: request.platform,
            isQuiet: request.quiet, in: database
        ) {
            if !request.quiet { surroundings.complain("\($0)\n") }
        }
        let created = try engine.create(request, in: database)
        for warning in created.warnings { surroundings.complain("WARNING: \(warning)\n") }
        if !file.isEmpty { try write(created.container.id, to: file) }
        return created
    }

    private func write(_ id: String, to file: String) throws {
        do throws(KernelError) { try replaceFile(file, with: Array(id.utf8)) } catch {
            try? engine.remove(id, force: true, volumes: true)
            throw EngineError.invalid("failed to create the container ID file: \(error)")
        }
    }
}
