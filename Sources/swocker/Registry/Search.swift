// SPDX-License-Identifier: Apache-2.0

import Engine

/// `swocker search`: repositories of a registry that can search, mostly Docker Hub.
struct Search: RegistryCommand {
    static let command = Command(
        "search", operands: "TERM", summary: "Search a registry for images", arity: .exactly(1),
        options: [
            Option("filter", "f", .filter, "Conditions (is-official=true, stars=3)"),
            Option("limit", .string, default: "25", "Most results, up to 100"),
            Option("no-trunc", .flag, "Do not cut descriptions"),
        ],
        examples: [Command.Example("search -f is-official=true redis", "official images")])
    static let needsEngine = false

    let arguments: Arguments

    init(arguments: Arguments) { self.arguments = arguments }

    func fill(_ request: inout RegistryRequest, in invocation: Invocation) throws {
        guard let limit = Int(arguments.text("limit")), (0...100).contains(limit) else {
            throw UsageError("limit \(arguments.text("limit")) is outside the range of [1, 100]")
        }
        var search = RegistryRequest.Search(arguments.operands[0], limit: limit == 0 ? 25 : limit)
        search.isWhole = arguments.flag("no-trunc")
        for filter in arguments.list("filter") {
            let (key, value) = splitOnce(filter, at: "=")
            switch key {
            case "is-official":
                guard let isOfficial = value.flatMap(Bool.init) else {
                    throw UsageError("invalid filter 'is-official=\(value ?? "")'")
                }
                search.isOfficial = isOfficial
            case "stars":
                guard let stars = value.flatMap({ Int($0) }) else {
                    throw UsageError("invalid filter 'stars=\(value ?? "")'")
                }
                search.leastStars = stars
            case "is-automated" where value == "false": break
            default: throw UsageError("invalid filter '\(filter)'")
            }
        }
        request.search = search
    }
}
