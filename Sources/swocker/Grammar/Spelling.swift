// SPDX-License-Identifier: Apache-2.0

/// Guesses at what a mistyped word was meant to be.
enum Spelling {
    /// The candidates nearest to `word`, best first; none when all are far away.
    static func suggestions(for word: String, among candidates: [String]) -> [String] {
        let limit = word.utf8.count <= 3 ? 1 : 2
        let ranked = candidates.map { (name: $0, distance: distance(word, $0)) }
            .filter { $0.distance <= limit || word.utf8.count > 2 && $0.name.hasPrefix(word) }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
        return Array(ranked.prefix(3).map(\.name))
    }

    /// How many letters have to be put in, taken out, replaced or swapped with their neighbour.
    static func distance(_ first: String, _ second: String) -> Int {
        let (a, b) = (Array(first.utf8), Array(second.utf8))
        if a.isEmpty || b.isEmpty { return a.count + b.count }
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [i]
            for j in 1...b.count {
                let replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                var best = min(last[j] + 1, row[j - 1] + 1, replaced)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    best = min(best, before[j - 2] + 1)
                }
                row.append(best)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }
}
