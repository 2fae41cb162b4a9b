// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The factor of every time limit in these tests: 1, or what a slow machine asks for, such as an
/// emulated one (`SWOCKER_TEST_PATIENCE`).
let patience = getenv("SWOCKER_TEST_PATIENCE").flatMap { Double(String(cString: $0)) } ?? 1

/// Gives the other side time for what nobody can see from outside.
func rest(milliseconds: Double) {
    usleep(useconds_t(milliseconds * 1000 * patience))
}
