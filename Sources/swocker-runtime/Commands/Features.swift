// SPDX-License-Identifier: Apache-2.0

import ContainerRuntime
import OCI

/// `features`: what this runtime can do on this kernel.
/// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/features.md
enum FeaturesCommand {
    static let entry = Entry(
        command: Command("features", "", count: 0...0, "print what this runtime can do")
    ) { _, _ in
        show(try Features.ofThisHost().json().text(JSONStyle(indent: 4)) + "\n")
        return 0
    }
}
