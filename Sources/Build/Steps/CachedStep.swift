// SPDX-License-Identifier: Apache-2.0

internal import Archive
internal import Images
internal import Linux
internal import OCI

/// What goes into a step: its key is the digest of this, and nothing else decides whether what was made
/// before still holds.
struct StepInputs {
    private(set) var ingredients: [CachedLayer.Ingredient] = []
    private var hash = SHA256()

    init(_ kind: String) { hash.update(counted: "swocker build 1 \(kind)") }

    /// A text, which is not kept: only whether it is the same.
    mutating func add(_ name: String, _ value: String) {
        add(name, Digest(of: Array(value.utf8)))
    }

    mutating func add(_ name: String, _ digest: Digest) {
        hash.update(counted: name)
        hash.update(digest)
        ingredients.append(.init(name: name, digest: String(digest.hex.prefix(16))))
    }

    /// Files, by the digest of all of them.
    mutating func add(_ name: String, _ print: Fingerprint, _ digest: Digest) {
        hash.update(counted: name)
        hash.update(digest)
        ingredients += print.all
    }

    mutating func key() -> Digest { hash.finish() }

    /// The first thing that is not as it was.
    func difference(from former: [CachedLayer.Ingredient]) -> String? {
        let old = Dictionary(former.map { ($0.name, $0.digest) }) { first, _ in first }
        let new = Set(ingredients.map(\.name))
        for ingredient in ingredients {
            guard let digest = old[ingredient.name] else { return "\(ingredient.name) is new" }
            if digest != ingredient.digest { return "\(ingredient.name) has changed" }
        }
        return former.first { !new.contains($0.name) }.map { "\($0.name) is gone" }
    }
}

extension StageBuild {
    /// Takes a step from the cache, or makes it.
    /// - Parameters:
    ///   - text: as history shows it.
    ///   - body: makes the layer; nil for one without an entry.
    mutating func cachedStep(
        _ title: String, _ text: String, _ instruction: Instruction,
        inputs prepare: (Int) throws -> StepInputs,
        make: (Int, StepInputs) throws -> (layer: Digest?, isSame: Bool)
    ) throws {
        let place = stepPlace
        let made = try builder.step(title) { number in
            try Self.worded(instruction.lines) {
                var inputs = try prepare(number)
                let key = inputs.key()
                let usesCache = request.usesCache && !request.uncachedStages.contains(stage.name)
                if usesCache, let known = try builder.site.cached(key) {
                    builder.report(.cached(number))
                    return known
                }
                if usesCache, let former = try builder.site.lastMade(at: place),
                    let difference = inputs.difference(from: former.ingredients)
                {
                    builder.report(.explained(number, difference))
                }
                let (layer, isSame) = try make(number, inputs)
                let time = request.epoch.map { $0 * 1_000_000_000 } ?? Int64(Clock.realtime)
                let made = CachedLayer(
                    key: key, layer: layer, created: time, text: instruction.text, place: place,
                    ingredients: inputs.ingredients)
                if isSame { try builder.site.remember(made) }
                return made
            }
        }
        append(made, text)
    }

    /// What the layers below are, for steps that see them.
    var chain: Digest {
        var hash = SHA256()
        for layer in layers { hash.update(layer) }
        return hash.finish()
    }
}
