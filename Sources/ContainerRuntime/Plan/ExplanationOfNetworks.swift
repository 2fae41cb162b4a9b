// SPDX-License-Identifier: Apache-2.0

internal import Linux

extension KernelStep {
    /// The steps that plug a container into a network.
    var explanationOfNetworks: Explanation {
        switch self {
        case .makeCable(let pair):
            Explanation(
                "make the cable \(pair.hostName)",
                "netlink(RTM_NEWLINK veth \(pair.hostName) ⇄ \(pair.peerName), one end in PID)",
                "ip link add \(pair.hostName) master BRIDGE up type veth "
                    + "peer name \(pair.peerName) netns PID",
                "A cable: one end in the bridge, the other in the container.")
        case .serveNames:
            Explanation(
                "serve names",
                "setns(NET of PID), bind(127.0.0.11), netlink(NFT_MSG_NEWTABLE swocker-names)",
                "nsenter -t PID -n nft add table inet swocker-names …",
                "What it asks 127.0.0.11, port 53, its monitor answers, at a port of its own.")
        case .setUpInterface(let setup):
            Explanation(
                "set up \(setup.name)",
                "netlink(RTM_NEWADDR, RTM_NEWLINK up, RTM_NEWROUTE) on \(setup.name)",
                setup.addresses.map { "ip addr add \($0) dev \(setup.name); " }.joined()
                    + "ip link set \(setup.name) up"
                    + setup.gateways.map { "; ip route add default via \($0)" }.joined(),
                "Its own address, and the way to everywhere else.")
        default: Explanation("", "", "", "")
        }
    }
}
