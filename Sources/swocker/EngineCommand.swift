// SPDX-License-Identifier: Apache-2.0

import Engine
import Glibc

/// A command that parses, calls the engine, and prints.
protocol EngineCommand: RunnableCommand {
    /// Does it and returns the exit code; what it throws is printed in Docker's form, with exit code 1.
    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32
}

extension EngineCommand {
    func run(in invocation: Invocation) throws -> Int32 {
        do {
            return try run(on: invocation.engine, in: invocation.surroundings)
        } catch let error as UsageError {
            throw error
        } catch {
            invocation.surroundings.complain("\(daemonError(error))\n")
            return 1
        }
    }

    /// Does something to each of several objects; one that fails does not keep the others from it.
    /// - Returns: the exit code: 1 if any failed.
    func forEach<Target>(
        of targets: [Target], in surroundings: Surroundings, _ body: (Target) throws -> Void
    ) -> Int32 {
        var code: Int32 = 0
        for target in targets {
            do { try body(target) } catch {
                surroundings.complain("\(daemonError(error))\n")
                code = 1
            }
        }
        return code
    }
}

extension Invocation {
    /// The engine that the global options mean.
    var engine: Engine {
        Engine(
            location: EngineLocation(
                root: options.root, state: options.state,
                bundledImages: ProgramFiles.images, initProgram: ProgramFiles.initProgram))
    }
}

/// What is installed beside the program.
enum ProgramFiles {
    /// Where archives of images may lie: beside the program while it is being built, and where `make
    /// install` puts them.
    static var images: [String] {
        directory.map { ["\($0)/images", "\($0)/../share/swocker/images"] } ?? []
    }

    /// The static init program for `--init`.
    static var initProgram: String? {
        guard let directory else { return nil }
        return ["\(directory)/swocker-init", "\(directory)/../libexec/swocker/swocker-init"]
            .first { access($0, X_OK) == 0 }
    }

    private static var directory: Substring? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return nil }
        let path = String(
            decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[..<$0] }
    }
}
