// SPDX-License-Identifier: Apache-2.0

/// The text before and behind the first `mark`, an ASCII character; nil behind when there is none.
func splitOnce(_ text: String, at mark: Unicode.Scalar) -> (String, String?) {
    guard let place = text.utf8.firstIndex(of: UInt8(ascii: mark)) else { return (text, nil) }
    return (String(text[..<place]), String(text[text.utf8.index(after: place)...]))
}

extension String {
    /// Whether `mark`, an ASCII character, occurs. Bytes suffice; `contains` would search as
    /// Unicode asks, and load the tables for it.
    func has(_ mark: Unicode.Scalar) -> Bool { utf8.contains(UInt8(ascii: mark)) }
}
