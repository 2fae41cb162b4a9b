// SPDX-License-Identifier: Apache-2.0

/// Lines of cells in aligned columns, as Docker prints lists: a column is as wide as its widest
/// cell and a gap; the last cell of a line is printed as it is.
struct Table {
    /// The narrowest a column can be, its gap included.
    var minimumWidth = 10
    /// Blanks between the widest cell and the next column.
    var gap = 3
    private var lines: [[String]] = []

    init(minimumWidth: Int = 10, gap: Int = 3) {
        self.minimumWidth = minimumWidth
        self.gap = gap
    }

    /// Adds one line; what could steer a terminal is made visible, because cells hold names and
    /// labels that strangers chose.
    mutating func add(_ cells: [String]) { lines.append(cells.map { inert($0) }) }

    /// Adds the lines of `text`, whose cells end at tabs.
    mutating func add(tabbed text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            add(line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init))
        }
    }

    /// The lines, each with its newline.
    var text: String {
        var widths = lines.map { _ in [Int]() }
        measure(lines.indices, column: 0, into: &widths)
        var text = ""
        for (line, widths) in zip(lines, widths) {
            for (cell, width) in zip(line, widths) {
                text += cell
                text += String(repeating: " ", count: max(0, width - displayWidth(cell)))
            }
            text += (line.last ?? "") + "\n"
        }
        return text
    }

    /// Gives neighbouring lines that have a column the same width there. Only lines that go on
    /// behind it have it.
    private func measure(_ range: Range<Int>, column: Int, into widths: inout [[Int]]) {
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start
            var width = minimumWidth
            while end < range.upperBound, lines[end].count > column + 1 {
                width = max(width, displayWidth(lines[end][column]) + gap)
                end += 1
            }
            for line in start..<end { widths[line].append(width) }
            if end > start { measure(start..<end, column: column + 1, into: &widths) }
            start = max(end, start + 1)
        }
    }
}
