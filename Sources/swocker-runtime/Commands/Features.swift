// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime

/// `features`: what this runtime can do.
/// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/features.md
enum FeaturesCommand {
    static let entry = Entry(
        command: Command("features", "", count: 0...0, "print what this runtime can do")
    ) { _, _ in throw UsageError("features is not supported yet") }
}
