// SPDX-License-Identifier: Apache-2.0

extension Surroundings {
    /// Prints the rows of a list.
    /// - Returns: the exit code.
    /// - Throws: `UsageError` for a template that does not fit the rows.
    func print<Row: ListRow>(_ rows: [Row], as format: ListFormat) throws -> Int32 {
        do {
            print(try format.text(rows, isTerminal: Terminal.output.isTerminal))
        } catch { throw UsageError("\(error)") }
        return 0
    }
}
