// SPDX-License-Identifier: Apache-2.0

internal import Linux

/// The small texts that figures are read from. What cannot be read is nothing: a container may end at
/// any time.
struct StatisticsFiles {
    let directory: String?

    func text(_ file: String) -> String {
        guard let directory,
            let bytes = try? contents(of: "\(directory)/\(file)", limit: 1 << 20)
        else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The words of each line.
    func lines(_ file: String) -> [[Substring]] {
        text(file).split(separator: "\n").map { $0.split(separator: " ") }
    }

    /// A single number; "max" is the largest.
    func number(_ file: String) -> UInt64 {
        let word = text(file).prefix { $0 != "\n" }
        return word == "max" ? .max : UInt64(word) ?? 0
    }

    /// Lines of "name number", in the file's order.
    func fields(_ file: String) -> [(name: String, value: UInt64)] {
        lines(file).compactMap { words in
            guard words.count == 2, let value = UInt64(words[1]) else { return nil }
            return (String(words[0]), value)
        }
    }

    /// "some avg10=0.00 avg60=0.00 avg300=0.00 total=0", and "full …" likewise; nil without the file.
    func pressure(_ file: String) -> ContainerStatistics.Pressure? {
        let lines = lines(file)
        guard !lines.isEmpty else { return nil }
        var pressure = ContainerStatistics.Pressure()
        for words in lines {
            var line = ContainerStatistics.Pressure.Line()
            let values = words.dropFirst().compactMap { $0.split(separator: "=").last }
            line.averages = values.prefix(3).map { Double($0) ?? 0 }
            line.total = values.last.flatMap { UInt64($0) } ?? 0
            guard line.averages.count == 3 else { continue }
            if words[0] == "some" { pressure.some = line } else { pressure.full = line }
        }
        return pressure
    }

    /// "0-2,5" as numbers; at most as many as a machine has.
    func list(_ file: String) -> [UInt64] {
        var numbers: [UInt64] = []
        for range in text(file).prefix(while: { $0 != "\n" }).split(separator: ",") {
            let ends = range.split(separator: "-").compactMap { UInt64($0) }
            guard let first = ends.first, let last = ends.last, first <= last, last < 65_536
            else { return [] }
            numbers += first...last
        }
        return numbers
    }

    /// The sizes of huge pages that the directory has files for: "hugetlb.2MB.…".
    var hugePageSizes: [String] {
        guard let directory, let names = try? names(in: directory) else { return [] }
        let sizes = names.compactMap { name -> String? in
            let parts = name.split(separator: ".")
            return parts.count == 3 && parts[0] == "hugetlb" ? String(parts[1]) : nil
        }
        return Set(sizes).sorted()
    }
}
