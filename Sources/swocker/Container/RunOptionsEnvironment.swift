// SPDX-License-Identifier: Apache-2.0

/// `--env` and `--env-file`.
enum EnvironmentText {
    static func check(_ text: String) throws {
        if text.isEmpty || text.hasPrefix("=") {
            throw InvalidValue("invalid environment variable: \(text)")
        }
    }

    /// Variables from files, then from options. A later one takes the place of an earlier one of
    /// the same name; a name alone that the client does not have stays alone and takes the image's
    /// variable away.
    static func variables(
        files: [String], given: [String], client: RunOptions.Client
    ) throws -> [String] {
        var variables: [String] = []
        for path in files {
            for line in try KeyValueFile.lines(path, read: client.read) {
                if let variable = resolved(line, client), variable.has("=") {
                    put(variable, into: &variables)
                }
            }
        }
        for text in given { put(resolved(text, client) ?? text, into: &variables) }
        return variables
    }

    /// `K=V` as it stands, `K` with the client's value; nil when the client has none.
    private static func resolved(_ text: String, _ client: RunOptions.Client) -> String? {
        if text.has("=") { return text }
        return client.environment(text).map { "\(text)=\($0)" }
    }

    private static func put(_ variable: String, into variables: inout [String]) {
        let name = splitOnce(variable, at: "=").0
        if let place = variables.firstIndex(where: { splitOnce($0, at: "=").0 == name }) {
            variables[place] = variable
        } else {
            variables.append(variable)
        }
    }
}

/// `--label` and `--label-file`.
enum LabelText {
    static func check(_ text: String) throws {
        if splitOnce(text, at: "=").0.isEmpty {
            throw InvalidValue("invalid label '\(text)': empty name")
        }
    }

    static func labels(
        files: [String], given: [String], client: RunOptions.Client
    ) throws -> [String: String] {
        var labels: [String: String] = [:]
        for path in files {
            for line in try KeyValueFile.lines(path, read: client.read) {
                let (key, value) = splitOnce(line, at: "=")
                if let value { labels[key] = value }
            }
        }
        for text in given {
            let (key, value) = splitOnce(text, at: "=")
            labels[key] = value ?? ""
        }
        return labels
    }
}

/// A file of `K=V` lines: no quotes, no escapes, `#` begins a comment at the line's beginning only.
enum KeyValueFile {
    /// The lines that say something, without leading blanks.
    static func lines(_ path: String, read: (String) throws -> [UInt8]) throws -> [String] {
        var bytes = try read(path)[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        var result: [String] = []
        for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            .enumerated()
        {
            do {
                if let line = try meaning(of: line, number: number + 1) { result.append(line) }
            } catch {
                throw InvalidValue("invalid env file (\(path)): \(error)")
            }
        }
        return result
    }

    private static func meaning(of line: ArraySlice<UInt8>, number: Int) throws -> String? {
        let bytes = line.last == 0x0D ? line.dropLast() : line
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let figures = bytes.map(String.init).joined(separator: " ")
            throw InvalidValue("invalid utf8 bytes at line \(number): [\(figures)]")
        }
        let line = String(text.drop { $0 == " " || $0 == "\t" })
        if line.isEmpty || line.hasPrefix("#") { return nil }
        let name = splitOnce(line, at: "=").0
        if name.isEmpty { throw InvalidValue("no variable name on line '\(line)'") }
        if name.utf8.contains(where: { $0 == 0x20 || $0 == 0x09 }) {
            throw InvalidValue("variable '\(name)' contains whitespaces")
        }
        return line
    }
}
