// SPDX-License-Identifier: Apache-2.0
//
// The small texts that a cgroup's files hold.

internal import Glibc

/// Writes one value to a control file, in one write(2), as the kernel wants it.
public func writeControl(_ path: String, _ value: String) throws(KernelError) {
    try attempting("write \(value) to \(path)") { () throws(Errno) in
        try OwnedFD.open(path, O_WRONLY | O_TRUNC).writeAll(Array(value.utf8))
    }
}

/// The text of a control file without the newline at its end.
func readControl(_ path: String) throws(KernelError) -> [UInt8] {
    var text = try contents(of: path, limit: 1 << 20)
    while text.last == UInt8(ascii: "\n") { text.removeLast() }
    return text
}

/// A run of ASCII digits as a number; nil for anything else and for what does not fit.
func decimal(_ text: ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    var digits = 0
    for byte in text {
        if byte == UInt8(ascii: "\n") { break }
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        let (product, tooLarge) = number.multipliedReportingOverflow(by: 10)
        let (sum, overflow) = product.addingReportingOverflow(UInt64(byte & 15))
        if tooLarge || overflow { return nil }
        number = sum
        digits += 1
    }
    return digits > 0 ? number : nil
}

/// The words of a text, lines apart.
func lines(of text: [UInt8]) -> [[ArraySlice<UInt8>]] {
    text.split(separator: UInt8(ascii: "\n")).map { $0.split(separator: UInt8(ascii: " ")) }
}

/// The number after `key` in a file of "key number" lines; nil when it has no such line.
func field(_ key: String, of text: [UInt8]) -> UInt64? {
    for words in lines(of: text) where words.count == 2 && words[0].elementsEqual(key.utf8) {
        return decimal(words[1])
    }
    return nil
}
