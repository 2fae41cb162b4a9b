// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

extension CapabilityPlan {
    /// The sets of a specification; without any the process has none.
    init(_ capabilities: Spec.Capabilities?) {
        let sets = capabilities ?? Spec.Capabilities()
        self.init(
            bounding: CapabilitySet(names: sets.bounding),
            effective: CapabilitySet(names: sets.effective),
            permitted: CapabilitySet(names: sets.permitted),
            inheritable: CapabilitySet(names: sets.inheritable),
            ambient: CapabilitySet(names: sets.ambient))
    }
}
