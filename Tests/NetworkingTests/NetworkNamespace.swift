// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux

/// Runs `body` on this thread in a network namespace that ends with it.
func inNewNetwork<Result>(_ body: () throws -> Result) throws -> Result {
    let home = try OwnedFD.open("/proc/thread-self/ns/net")
    try Namespaces.unshare(.network)
    let result = Swift.Result { try body() }
    try Namespaces.join(home.raw, .network)
    return try result.get()
}

/// A program's output, run in the thread's network namespace.
func output(of command: String) -> String {
    guard let stream = popen(command + " 2>&1", "r") else { return "" }
    defer { pclose(stream) }
    var bytes: [UInt8] = []
    while true {
        let byte = fgetc(stream)
        if byte < 0 { return String(decoding: bytes, as: UTF8.self) }
        bytes.append(UInt8(byte))
    }
}
