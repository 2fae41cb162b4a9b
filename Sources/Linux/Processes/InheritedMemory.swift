// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// Gives what the C library's allocator holds and nobody uses back to the kernel (malloc_trim(3)).
public func releaseUnusedMemory() { clinux_malloc_trim() }

/// Gives back what a fork has inherited and does not use: free heap, the depths of the stack, and the
/// mapped pages of the program's text, of which a monitor needs few.
public func releaseInheritedMemory() {
    clinux_malloc_trim()
    clinux_forget_stack()
    clinux_forget_text()
}
