// SPDX-License-Identifier: Apache-2.0

internal import Engine
internal import OCI
internal import Registry
internal import SQLite

/// `push`
struct PushCommand {
    let session: Session
    let order: RegistryRequest.Push
    let reference: Reference

    init(_ session: Session, _ order: RegistryRequest.Push) throws {
        self.session = session
        self.order = order
        reference = try Reference(parsing: order.reference)
    }

    func run() async throws -> Int32 {
        let (engine, output) = (session.engine, Output.standard)
        if !order.isQuiet {
            if !order.allTags, reference.tag == nil { output.write("Using default tag: latest\n") }
            output.write("The push refers to repository [\(reference.repository)]\n")
        }
        let display: any ProgressObserver =
            order.isQuiet ? Silence() : ProgressDisplay(output)
        let push = ImagePush(
            session.context, from: engine.images, open: { try engine.open() }, observer: display)
        let isQuiet = order.isQuiet
        try await push.run(
            reference, allTags: order.allTags,
            platform: order.platform.flatMap { Platform(parsing: $0) }
        ) { result in
            let tagged = reference.with(tag: result.tag)
            engine.recordPush(of: tagged.familiar, repository: tagged.familiarRepository)
            output.write(
                isQuiet
                    ? "\(tagged.canonical)\n"
                    : "\(result.tag): digest: \(result.digest) size: \(result.size)\n")
        }
        engine.foldLog()
        return 0
    }
}
