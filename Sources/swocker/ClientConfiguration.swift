// SPDX-License-Identifier: Apache-2.0

import Linux
import OCI

/// The user's own settings: Docker's `config.json`, as far as they mean something here.
struct ClientConfiguration: Equatable {
    /// The keys that leave a session; empty for the standard ones.
    var detachKeys = ""
    /// Defaults of `--format`; nil for the tables.
    var psFormat: String?
    var imagesFormat: String?
    /// Conditions that every prune adds to its own.
    var pruneFilters: [String] = []

    init() {}

    /// Reads the file in `directory`; one that is absent says nothing, one that is no JSON is an error.
    init(directory: String) throws {
        guard let bytes = try? contents(of: "\(directory)/config.json", limit: 1 << 20) else {
            return
        }
        let document: JSONValue
        do { document = try JSONValue(parsing: bytes) } catch {
            throw UsageError("swocker: \(directory)/config.json: \(error)")
        }
        detachKeys = document["detachKeys"]?.stringValue ?? ""
        psFormat = document["psFormat"]?.stringValue
        imagesFormat = document["imagesFormat"]?.stringValue
        pruneFilters = (document["pruneFilters"]?.arrayValue ?? []).compactMap(\.stringValue)
    }
}

extension ClientConfiguration {
    /// Fills in the options that the user has set once and for all.
    func complete(_ arguments: inout Arguments) {
        func complete(_ option: String, with value: String?) {
            guard let value, !value.isEmpty, !arguments.isSet(option),
                arguments.command.options.contains(where: { $0.name == option })
            else { return }
            arguments.set(option, to: value)
        }
        complete("detach-keys", with: detachKeys)
        switch arguments.command.path {
        case "container ls" where !arguments.flag("quiet"): complete("format", with: psFormat)
        case "image ls" where !arguments.flag("quiet"): complete("format", with: imagesFormat)
        case let path where path.hasSuffix(" prune"): addPruneFilters(to: &arguments)
        default: break
        }
    }

    /// What the command line says of a label counts more than what stands here.
    private func addPruneFilters(to arguments: inout Arguments) {
        let given = arguments.list("filter")
        for filter in pruneFilters where filter.has("=") {
            let (key, value) = splitOnce(filter, at: "=")
            let opposite = key == "label" ? "label!" : key == "label!" ? "label" : nil
            if let opposite, given.contains("\(opposite)=\(value ?? "")") { continue }
            arguments.set("filter", to: filter)
        }
    }
}

extension Invocation {
    /// The settings of `--config`, of DOCKER_CONFIG, or of the user's home directory.
    func clientConfiguration() throws -> ClientConfiguration {
        if let directory = options.config { return try ClientConfiguration(directory: directory) }
        guard let home = surroundings.environment("HOME"), !home.isEmpty else {
            return ClientConfiguration()
        }
        return try ClientConfiguration(directory: "\(home)/.docker")
    }
}
