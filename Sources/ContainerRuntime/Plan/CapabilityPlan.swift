// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

extension CapabilityPlan {
    /// The sets of a specification; without any the process has none.
    init(_ capabilities: Spec.Capabilities?) throws(RuntimeError) {
        let sets = capabilities ?? Spec.Capabilities()
        self.init(
            bounding: try Self.mask(sets.bounding), effective: try Self.mask(sets.effective),
            permitted: try Self.mask(sets.permitted), inheritable: try Self.mask(sets.inheritable),
            ambient: try Self.mask(sets.ambient))
    }

    private static func mask(_ names: [String]) throws(RuntimeError) -> UInt64 {
        var mask: UInt64 = 0
        for name in names {
            guard let capability = Capability(name: name) else {
                throw RuntimeError.invalidSpec("unknown capability \(name)")
            }
            mask |= 1 << UInt64(capability.rawValue)
        }
        return mask
    }
}
