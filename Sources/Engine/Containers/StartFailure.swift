// SPDX-License-Identifier: Apache-2.0

/// Docker's exit codes for containers that did not start, which go by the words of the failure.
public enum StartFailure {
    /// 127 for a program that is not there, 126 for one that cannot be executed, else 128.
    public static func exitCode(of reason: String) -> Int32 {
        func has(_ words: String) -> Bool { reason.contains(words) }
        if has("executable file not found") || has("no such file or directory") { return 127 }
        if has("permission denied") || has("is a directory") || has("exec format error") {
            return 126
        }
        return 128
    }
}
