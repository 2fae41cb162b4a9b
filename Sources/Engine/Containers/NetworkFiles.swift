// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Linux
internal import Networking

/// /etc/hosts, /etc/hostname and /etc/resolv.conf of a container.
struct NetworkFiles {
    let hosts: String
    let hostname: String
    let resolvConf: String

    /// - Parameters:
    ///   - addresses: the container's own, once it has some.
    ///   - gateway: the host as its containers see it, once it is known.
    ///   - servesNames: whether a monitor answers its questions for names.
    init(
        _ record: ContainerRecord, facts: HostFacts, addresses: [String] = [],
        gateway: String? = nil, servesNames: Bool = false
    ) {
        let configuration = record.configuration
        let host = record.hostConfiguration
        hostname = "\(configuration.hostname)\n"
        guard host.networkMode != "host" else {
            hosts = facts.hosts + Self.extra(host.extraHosts, gateway ?? "127.0.0.1")
            resolvConf = Self.resolver(facts.resolvConf, host, keepsLoopback: true)
            return
        }
        let own =
            configuration.domainname.isEmpty
            ? configuration.hostname
            : "\(configuration.hostname).\(configuration.domainname) \(configuration.hostname)"
        hosts =
            """
            127.0.0.1\tlocalhost
            ::1\tlocalhost ip6-localhost ip6-loopback
            fe00::\tip6-localnet
            ff00::\tip6-mcastprefix
            ff02::1\tip6-allnodes
            ff02::2\tip6-allrouters

            """
            + (addresses.isEmpty ? ["127.0.0.1"] : addresses).map { "\($0)\t\(own)\n" }.joined()
            + Self.extra(host.extraHosts, gateway)
        resolvConf =
            servesNames && NetworkModeText.isBridged(host.networkMode)
            ? Self.ownResolver(facts.resolvConf, host)
            : Self.resolver(facts.resolvConf, host, keepsLoopback: false)
    }

    /// `name:address` lines; the address may hold colons.
    private static func extra(_ entries: [String], _ gateway: String?) -> String {
        entries.reduce(into: "") { text, entry in
            let parts = entry.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return }
            let address = parts[1] == "host-gateway" ? gateway : String(parts[1])
            if let address { text += "\(address)\t\(parts[0])\n" }
        }
    }

    /// The container's monitor answers, of the servers it knows itself; domains and options are the
    /// host's or the user's. With `ndots:0` a container's name is looked for as it is first.
    private static func ownResolver(_ text: String, _ host: HostConfiguration) -> String {
        let theirs = ResolverFile(parsing: text)
        let search = (host.dnsSearch.isEmpty ? theirs.search : host.dnsSearch).filter { $0 != "." }
        var options = host.dnsOptions.isEmpty ? theirs.options : host.dnsOptions
        if !options.contains(where: { $0.hasPrefix("ndots:") }) { options.append("ndots:0") }
        return "nameserver \(NamesRules.resolver)\n"
            + (search.isEmpty ? "" : "search \(search.joined(separator: " "))\n")
            + "options \(options.joined(separator: " "))\n"
    }

    /// The host's lines, without resolvers that only the host can reach, and with the user's own in
    /// place of each kind that the user names.
    private static func resolver(
        _ text: String, _ host: HostConfiguration, keepsLoopback: Bool
    ) -> String {
        var lines: [String] = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            switch words.first {
            case "nameserver":
                let isLoopback =
                    words.count > 1 && (words[1].hasPrefix("127.") || words[1] == "::1")
                if host.dns.isEmpty, keepsLoopback || !isLoopback { lines.append(String(line)) }
            case "search", "domain":
                if host.dnsSearch.isEmpty { lines.append(String(line)) }
            case "options":
                if host.dnsOptions.isEmpty { lines.append(String(line)) }
            default: break
            }
        }
        lines += host.dns.map { "nameserver \($0)" }
        let search = host.dnsSearch.filter { $0 != "." }
        if !search.isEmpty { lines.append("search \(search.joined(separator: " "))") }
        if !host.dnsOptions.isEmpty {
            lines.append("options \(host.dnsOptions.joined(separator: " "))")
        }
        return lines.map { "\($0)\n" }.joined()
    }
}

/// What containers take over from the host.
struct HostFacts: Sendable {
    var hosts: String
    var resolvConf: String

    static var current: HostFacts {
        HostFacts(hosts: text(of: "/etc/hosts"), resolvConf: text(of: "/etc/resolv.conf"))
    }

    private static func text(of path: String) -> String {
        String(decoding: (try? contents(of: path, limit: 1 << 20)) ?? [], as: UTF8.self)
    }

    /// gethostname(2).
    static var hostname: String {
        var buffer = [CChar](repeating: 0, count: 256)
        gethostname(&buffer, 255)
        return String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
