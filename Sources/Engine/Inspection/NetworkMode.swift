// SPDX-License-Identifier: Apache-2.0

/// What `--network` says.
enum NetworkMode {
    /// The networks that a container of this mode is connected to; none for one that shares another
    /// container's, or has an unconnected network of its own because there is no bridge yet.
    static func names(of mode: String) -> [String] {
        switch mode {
        case "none", "host": [mode]
        default: []
        }
    }
}
