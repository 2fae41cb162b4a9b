// SPDX-License-Identifier: Apache-2.0
//
// `load-image <root> <archive> [<workers>]`: a load in a process of its own, which tests can kill.

import Glibc
import Images
import SQLite

enum LoadImage {
    static func run(_ arguments: [String]) -> Int32 {
        guard arguments.count >= 3 else { return 2 }
        do {
            let database = try Database.open(
                arguments[1] + "/state.db", migrations: ImageStore.migrations)
            let loaded = try ImageStore(root: arguments[1]).load(
                .path(arguments[2]), into: database,
                workers: arguments.count > 3 ? Int(arguments[3]) : nil)
            for image in loaded { print(image.image.id) }
            return 0
        } catch {
            print("\(error)")
            return 1
        }
    }
}

exit(LoadImage.run(CommandLine.arguments))
