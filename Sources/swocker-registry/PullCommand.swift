// SPDX-License-Identifier: Apache-2.0

internal import Engine
internal import Images
internal import Linux
internal import OCI
internal import Registry
internal import SQLite

/// `pull`
struct PullCommand {
    let session: Session
    let order: RegistryRequest.Pull
    let reference: Reference
    let output: Output

    init(_ session: Session, _ order: RegistryRequest.Pull) throws {
        self.session = session
        self.order = order
        reference = try Reference(parsing: order.reference)
        output = order.isForRun ? .error : .standard
    }

    func run() async throws -> Int32 {
        let platform = order.platform.flatMap { Platform(parsing: $0) }
        if !order.allTags, reference.tag == nil, reference.digest == nil, !order.isForRun {
            say("Using default tag: latest\n")
        }
        let display: any ProgressObserver =
            order.isQuiet ? Silence() : ProgressDisplay(output)
        let engine = session.engine
        if !exists(engine.location.root) {
            try makeDirectories(engine.location.root, mode: 0o711)
        }
        let pull = ImagePull(
            session.context, into: engine.images, open: { try engine.open() }, observer: display)
        do {
            for reference in try await references(pull) {
                let pulled = try await pull.run(PullOrder(reference, platform: platform))
                tell(pulled, reference)
            }
        } catch {
            if let database = try? engine.open() { try? engine.images.tidy(database) }
            throw error
        }
        engine.foldLog()
        return 0
    }

    private func references(_ pull: ImagePull) async throws -> [Reference] {
        guard order.allTags else { return [reference.tagged] }
        return try await pull.tags(of: reference).compactMap { tag in
            try? Reference(parsing: "\(reference.repository):\(tag)")
        }
    }

    private func tell(_ pulled: PulledReference, _ reference: Reference) {
        session.engine.recordPull(
            of: reference.familiar, repository: reference.familiarRepository)
        say("Digest: \(pulled.digest)\n")
        say(
            pulled.isNew
                ? "Status: Downloaded newer image for \(reference.familiar)\n"
                : "Status: Image is up to date for \(reference.familiar)\n")
        if !order.isForRun { output.write("\(reference.canonical)\n") }
    }

    private func say(_ text: String) { if !order.isQuiet { output.write(text) } }
}

/// Progress that nobody wants to see.
struct Silence: ProgressObserver {
    func say(_ line: String) {}
    func layer(_ blob: Digest, _ state: LayerState) {}
    func finishLayers() {}
}
