// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import swocker

/// What of Docker's command line is not here. Nothing else may be missing; whoever builds a command
/// takes it off the list.
struct DockerGapTests {
    /// Commands that are answered as unknown.
    static let absentCommands: Set<String> = []
    /// Options, as `command --option`.
    static let absentOptions: Set<String> = []

    @Test func commandsAreThereOrListed() {
        let absent = DockerOptions.commands.map(\.path).filter { path in
            CommandTable.entry(path) == nil && CommandTable.group(path) == nil
        }
        #expect(Set(absent).subtracting(Self.absentCommands) == [])
    }

    @Test func optionsAreThereOrListed() {
        var absent: Set<String> = []
        for (path, options) in DockerOptions.commands {
            guard let command = CommandTable.entry(path)?.command else { continue }
            for option in options.split(separator: " ") {
                let parts = option.split(separator: "/").map(String.init)
                let row = command.options.first { $0.name == parts[0] }
                if row == nil || parts.count > 1 && row?.short != parts[1] {
                    absent.insert("\(path) --\(parts[0])")
                }
            }
        }
        #expect(absent.subtracting(Self.absentOptions) == [])
    }
}
