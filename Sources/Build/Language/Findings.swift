// SPDX-License-Identifier: Apache-2.0

internal import OCI

extension BuildPlan {
    /// What works and is bad habit, by BuildKit's names for it, in the order of lines; without what the
    /// file says to skip.
    ///
    /// https://docs.docker.com/reference/build-checks/
    public func findings() -> [Dockerfile.Remark] {
        var found = file.remarks
        var names: Set<String> = []
        for stage in stages {
            if let name = stage.from.name, !names.insert(name).inserted {
                found.append(
                    remark(
                        "DuplicateStageName", stage.head,
                        "Duplicate stage name \"\(name)\", stage names should be unique"))
            }
            if let name = stage.from.name, ["scratch", "context"].contains(name) {
                found.append(
                    remark(
                        "ReservedStageName", stage.head,
                        "Stage name should not use the same name as reserved stage \"\(name)\""))
            }
            for (instruction, step) in stage.steps {
                found += findings(instruction, step)
            }
            found += repeated(in: stage)
        }
        let skipped = skippedRules
        guard !skipped.contains("all") else { return [] }
        return found.filter { !skipped.contains($0.rule) }.sorted { $0.line < $1.line }
    }

    private var skippedRules: Set<String> {
        for field in (file.directives.check ?? "").split(separator: ";") {
            let parts = field.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0] == "skip" else { continue }
            return Set(parts[1].split(separator: ",").map(String.init))
        }
        return []
    }

    private func remark(
        _ rule: String, _ instruction: Instruction, _ text: String
    ) -> Dockerfile.Remark {
        Dockerfile.Remark(rule: rule, line: instruction.lines.lowerBound, text: text)
    }

    private func findings(_ instruction: Instruction, _ step: Step) -> [Dockerfile.Remark] {
        switch step {
        case .maintainer:
            return [
                remark(
                    "MaintainerDeprecated", instruction,
                    "Maintainer instruction is deprecated in favor of using label")
            ]
        case .workdir(let path) where !path.hasPrefix("/") && !path.hasPrefix("$"):
            return [
                remark(
                    "WorkdirRelativePath", instruction,
                    "Relative workdir \"\(path)\" can have unexpected results if the base image "
                        + "changes")
            ]
        case .configure(let keyword, let text):
            return configurationFindings(keyword, text, instruction)
        case .arg(let arguments):
            return arguments.filter { Self.looksSecret($0.name) }.map {
                remark(
                    "SecretsUsedInArgOrEnv", instruction,
                    "Do not use ARG or ENV instructions for sensitive data (ARG \"\($0.name)\")")
            }
        default: return []
        }
    }

    private func configurationFindings(
        _ keyword: String, _ text: String, _ instruction: Instruction
    ) -> [Dockerfile.Remark] {
        var found: [Dockerfile.Remark] = []
        let first = DockerfileWords.split(text).first ?? ""
        if ["ENV", "LABEL"].contains(keyword), !first.contains("=") {
            found.append(
                remark(
                    "LegacyKeyValueFormat", instruction,
                    "\"\(keyword) key=value\" should be used instead of legacy \"\(keyword) key "
                        + "value\" format"))
        }
        if keyword == "ENV", Self.looksSecret(String(first.prefix { $0 != "=" })) {
            found.append(
                remark(
                    "SecretsUsedInArgOrEnv", instruction,
                    "Do not use ARG or ENV instructions for sensitive data (ENV "
                        + "\"\(first.prefix { $0 != "=" })\")"))
        }
        if ["CMD", "ENTRYPOINT"].contains(keyword), DockerfileWords.json(text) == nil, !text.isEmpty
        {
            found.append(
                remark(
                    "JSONArgsRecommended", instruction,
                    "JSON arguments recommended for \(keyword) to prevent unintended behavior "
                        + "related to OS signals"))
        }
        return found
    }

    /// By the words that names of secrets are made of.
    private static func looksSecret(_ name: String) -> Bool {
        let words = name.lowercased().split(separator: "_")
        return [
            "apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd",
            "secret", "token",
        ].contains { words.contains($0[...]) } && !words.contains("public")
    }

    /// CMD, ENTRYPOINT and HEALTHCHECK count once.
    private func repeated(in stage: Stage) -> [Dockerfile.Remark] {
        var found: [Dockerfile.Remark] = []
        for keyword in ["CMD", "ENTRYPOINT", "HEALTHCHECK"] {
            let all = stage.steps.map(\.instruction).filter { $0.keyword == keyword }
            found += all.dropLast().map {
                remark(
                    "MultipleInstructionsDisallowed", $0,
                    "Multiple \(keyword) instructions should not be used in the same stage because "
                        + "only the last one will be used")
            }
        }
        return found
    }
}
