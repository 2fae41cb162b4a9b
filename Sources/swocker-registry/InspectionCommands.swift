// SPDX-License-Identifier: Apache-2.0

internal import Engine
internal import OCI
internal import Registry

/// `manifest inspect`
struct ManifestCommand {
    let session: Session
    let order: RegistryRequest.ManifestInspection

    init(_ session: Session, _ order: RegistryRequest.ManifestInspection) {
        self.session = session
        self.order = order
    }

    func run() async throws -> Int32 {
        do {
            let document = try await ManifestInspection(session.context)
                .run(try Reference(parsing: order.reference), isVerbose: order.isVerbose)
            Output.standard.write(document.text(JSONStyle(indent: 3)) + "\n")
            return 0
        } catch {
            throw PlainFailure(text: inert("\(error)"))
        }
    }
}

/// `search`
struct SearchCommand {
    let session: Session
    let order: RegistryRequest.Search

    init(_ session: Session, _ order: RegistryRequest.Search) {
        self.session = session
        self.order = order
    }

    func run() async throws -> Int32 {
        let hits = try await RegistrySearch(session.context).run(order.term, limit: order.limit)
            .filter { hit in
                (order.isOfficial ?? hit.isOfficial) == hit.isOfficial
                    && hit.stars >= order.leastStars ?? 0
            }
        let rows = hits.map { hit in
            [hit.name, shortened(hit.description), "\(hit.stars)", hit.isOfficial ? "[OK]" : ""]
        }
        print([["NAME", "DESCRIPTION", "STARS", "OFFICIAL"]] + rows)
        return 0
    }

    private func shortened(_ text: String) -> String {
        order.isWhole || text.count <= 45 ? text : text.prefix(44) + "…"
    }

    private func print(_ rows: [[String]]) {
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            var line = ""
            for (text, width) in zip(row, widths) {
                line += text + String(repeating: " ", count: width + 3 - text.count)
            }
            while line.last == " " { line.removeLast() }
            Output.standard.write(line + "\n")
        }
    }
}
