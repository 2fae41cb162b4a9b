// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI

/// `swocker system df`: what everything occupies of the disk.
struct SystemDiskUse: EngineCommand {
    static let command = Command(
        "system df", summary: "Show disk usage", arity: .none,
        options: [
            Option("format", .string, "'table', 'table TEMPLATE', 'json', or a Go template"),
            Option("verbose", "v", .flag, "Show each thing by itself"),
        ],
        examples: [
            Command.Example("system df", "a line for each kind of things"),
            Command.Example("system df -v", "what each image, container and volume occupies"),
        ])

    let isVerbose: Bool
    let format: ListFormat
    /// What `-v` prints with `--format`.
    let facts: FactFormat

    init(arguments: Arguments) throws {
        isVerbose = arguments.flag("verbose")
        let text = arguments.text("format")
        facts = isVerbose ? try FactFormat(text == "table" ? "" : text) : .text
        do {
            format = try ListFormat(isVerbose ? "" : text, for: DiskUseRow.self)
        } catch { throw UsageError("\(error)") }
    }

    func run(on engine: Engine, in surroundings: Surroundings) throws -> Int32 {
        let report = try engine.diskReport()
        guard isVerbose else {
            return try surroundings.print(DiskUseRow.rows(of: report), as: format)
        }
        let details = DiskUseDetails(report: report)
        if case .text = facts {
            surroundings.print(try details.text)
        } else {
            surroundings.print(try facts.text(of: details.document))
        }
        return 0
    }
}

/// The tables of `system df -v`.
struct DiskUseDetails {
    let report: DiskReport
    var now = Timestamp.now

    private var images: [ImageRow] {
        ImageRow.rows(of: report.images, showsDigests: false, now: now)
    }
    private var containers: [ContainerRow] {
        report.containers.map { container in
            var container = container
            container.size?.rootFileSystem = 0  // the image's share is the image's
            return ContainerRow(container: container, isTruncated: true, now: now)
        }
    }
    private var volumes: [VolumeRow] { report.volumes.map { VolumeRow(summary: $0) } }

    /// For people.
    var text: String {
        get throws(ListFormatError) {
            "Images space usage:\n\n" + (try ListFormat.table(.usage).text(images))
                + "\nContainers space usage:\n\n"
                + (try ListFormat.table(.usage).text(containers))
                + "\nLocal Volumes space usage:\n\n"
                + (try ListFormat.table(.usage).text(volumes))
                + "\nBuild cache usage: 0B\n\n"
                + "CACHE ID   CACHE TYPE   SIZE      CREATED   LAST USED   USAGE     SHARED\n"
        }
    }

    /// For programs.
    var document: JSONValue {
        [
            "Images": .array(images.map(\.document)),
            "Containers": .array(containers.map(\.document)),
            "Volumes": .array(volumes.map(\.document)), "BuildCache": [],
        ]
    }
}
