// SPDX-License-Identifier: Apache-2.0

public import OCI

/// One step of how an image came to be.
public struct HistoryStep: Sendable, Equatable {
    public let step: ImageConfiguration.History
    /// Bytes of the files of the layer that it made; 0 for one that made none.
    public let size: Int64
}

extension ImageStore {
    /// How an image came to be, the last step first. Layers beyond what the configuration tells of are
    /// steps of which nothing is known.
    public func history(of image: Image) throws -> [HistoryStep] {
        let configuration = try image.configuration()
        var layers = image.diffIDs[...]
        var steps: [HistoryStep] = []
        for step in configuration.history {
            let layer = step.emptyLayer == true ? nil : layers.popFirst()
            steps.append(HistoryStep(step: step, size: layer.map(layerSize) ?? 0))
        }
        steps += layers.map { HistoryStep(step: ImageConfiguration.History(), size: layerSize($0)) }
        return steps.reversed()
    }
}
