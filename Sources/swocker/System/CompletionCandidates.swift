// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker __complete`: names for the completion scripts, one a line. It is not in the help, and it
/// never complains: a shell is asking.
struct CompletionCandidates: RunnableCommand {
    static let command = Command(
        "__complete", operands: "SUBJECT...", summary: "Names for a shell to complete",
        arity: .atLeast(1),
        examples: [Command.Example("__complete running", "containers that can be stopped")])

    let subjects: [CompletionSubject]

    init(arguments: Arguments) {
        subjects = arguments.operands.compactMap(CompletionSubject.init)
    }

    func run(in invocation: Invocation) throws -> Int32 {
        guard let engine = try? invocation.engine() else { return 0 }
        for subject in subjects {
            let names = (try? engine.completionNames(subject)) ?? []
            invocation.surroundings.print(names.map { $0 + "\n" }.joined())
        }
        return 0
    }
}
