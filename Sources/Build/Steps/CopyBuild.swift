// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Glibc
internal import Images
internal import Linux
internal import OCI

extension StageBuild {
    /// COPY and ADD.
    mutating func copy(_ step: CopyStep, _ instruction: Instruction) throws {
        let title = title(instruction)
        if let address = step.sources.first(where: CopyStep.isAddress) {
            throw BuildFailure(
                "\(instruction.keyword) from \(address): there is no network client yet: download"
                    + " it into the context", at: instruction.lines)
        }
        let plan = try Self.worded(instruction.lines) { try copyPlan(step, instruction) }
        let (archives, plain) = try Self.worded(instruction.lines) {
            try plan.splitArchives(step.isAdd && step.unpacks != false || step.unpacks == true)
        }
        guard archives.isEmpty else {
            return try add(archives, plain, step, title, instruction)
        }
        let builder = builder
        var stamp: Digest?
        try cachedStep(title, instruction.text, instruction) { _ in
            let entries = CopyEntries(plan)
            var print = try Fingerprint(of: entries)
            stamp = entries.finishStamp()
            let digest = print.finish()
            var inputs = StepInputs("copy")
            inputs.add(instruction.text, print, digest)
            return inputs
        } make: { number, _ in
            let entries = CopyEntries(plan)
            entries.skipped = {
                builder.report(.note(number, "\(quoted($0)) was left out: it is a socket"))
            }
            let layer = try builder.site.makeLayer(TarStream(entries))
            // Files that changed meanwhile make a layer, but not one to be remembered.
            return (layer, entries.finishStamp() == stamp)
        }
    }

    private func copyPlan(_ step: CopyStep, _ instruction: Instruction) throws -> CopyPlan {
        var tree = request.context
        if let from = step.from {
            tree = try builder.tree(
                try expand(from), before: stage, at: instruction.lines)
        }
        let below = step.isLinked ? FileTree(root: nil) : try builder.tree(of: layers)
        let documents = try step.documents.map { document in
            let text =
                document.expands
                ? try DockerfileWords.expandText(document.content, variables, escape: escape)
                : document.content
            return (name: document.name, content: Array(text.utf8))
        }
        var plan = try CopyPlan(
            try step.sources.map { try expand($0) }, documents: documents,
            to: try expand(step.destination), in: execution.workingDirectory ?? "/", from: tree,
            onto: below, keepsParents: step.keepsParents, keyword: instruction.keyword)
        let accounts = try builder.tree(of: layers)
        plan.owner = step.from == nil ? .root : nil
        if let owner = step.owner {
            plan.owner = try Owner(parsing: try expand(owner), in: accounts)
        }
        if let mode = step.mode { plan.mode = try ModeChange(parsing: try expand(mode)) }
        plan.excluded = try IgnoreRules(patterns: try step.excluded.map { try expand($0) })
        plan.latestTime = request.epoch
        return plan
    }

    /// ADD with archives among its sources: they are unpacked into a directory of the build's own, as
    /// safely as a layer, and copied from there.
    private mutating func add(
        _ archives: [CopyPlan.Piece], _ plain: CopyPlan, _ step: CopyStep, _ title: String,
        _ instruction: Instruction
    ) throws {
        let (builder, chain) = (builder, step.isLinked ? Digest(of: []) : chain)
        let directory = execution.workingDirectory ?? "/"
        try cachedStep(title, instruction.text, instruction) { _ in
            var inputs = StepInputs("add")
            inputs.add("the instruction", instruction.text)
            inputs.add("the layers below", chain)
            inputs.add("the working directory", directory)
            var print = try Fingerprint(of: CopyEntries(plain))
            let digest = print.finish()
            inputs.add("files", print, digest)
            inputs.add("variables of the instruction", "\(archives.map(\.target))")
            for archive in archives {
                inputs.add("file \(quoted(archive.path))", try archive.digest())
            }
            inputs.add("the owner", "\(plain.owner.map { "\($0.user):\($0.group)" } ?? "")")
            return inputs
        } make: { _, _ in
            var all: [any EntrySource] = [CopyEntries(plain)]
            for archive in archives {
                var unpacked = try CopyPlan(
                    unpacking: archive, below: plain.below, on: builder.site)
                unpacked.owner = step.owner == nil ? nil : plain.owner
                unpacked.mode = plain.mode
                unpacked.latestTime = plain.latestTime
                all.append(CopyEntries(unpacked))
            }
            return (try builder.site.makeLayer(TarStream(ChainedEntries(all))), true)
        }
    }

    /// WORKDIR: the directory is made where it is missing.
    mutating func changeDirectory(_ path: String, _ instruction: Instruction) throws {
        let title = title(instruction)
        try Self.worded(instruction.lines) {
            try execution.apply("WORKDIR", path, variables: variables, escape: escape)
        }
        let directory = execution.workingDirectory ?? "/"
        let below = try builder.tree(of: layers)
        let place = try Self.worded(instruction.lines) {
            try below.place(Array(directory.utf8))
        }
        guard place.file == nil else {
            throw BuildFailure(
                "mkdir \(directory): not a directory", at: instruction.lines)
        }
        guard !place.missing.isEmpty else {
            builder.report(.cached(builder.begin(title)))
            return note(instruction.text, comment: true)
        }
        var plan = try CopyPlan(
            [], documents: [], to: "\(directory)/", in: "/", from: FileTree(root: nil), onto: below,
            keepsParents: false, keyword: "WORKDIR")
        plan.pieces = [.init(content: .directory, path: [], target: Array(directory.utf8))]
        plan.latestTime = request.epoch
        let (builder, made) = (builder, plan)
        try cachedStep(title, instruction.text, instruction) { _ in
            var print = try Fingerprint(of: CopyEntries(made))
            let digest = print.finish()
            var inputs = StepInputs("copy")
            inputs.add(instruction.text, print, digest)
            return inputs
        } make: { _, _ in
            (try builder.site.makeLayer(TarStream(CopyEntries(made))), true)
        }
    }
}
