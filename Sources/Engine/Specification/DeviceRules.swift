// SPDX-License-Identifier: Apache-2.0

internal import Linux
internal import OCI

/// The devices of a container: the nodes that it has, and the rules of what it may use.
struct DeviceRules {
    let host: HostConfiguration
    let facts: SpecificationFacts

    /// Docker's six, then the user's. Terminals and links are the runtime's.
    var nodes: [LinuxSpec.Device] {
        let standard = Self.standard.map { path, major, minor in
            HostDevice(path, number: DeviceNumber(major: major, minor: minor)).node
        }
        let wanted = facts.users == .host ? facts.devices.map(\.node) : []
        let replaced = Set(wanted.map(\.path))
        return standard.filter { !replaced.contains($0.path) } + wanted
    }

    private static var standard: [(path: String, major: UInt32, minor: UInt32)] {
        [
            ("/dev/null", 1, 3), ("/dev/zero", 1, 5), ("/dev/full", 1, 7),
            ("/dev/random", 1, 8), ("/dev/urandom", 1, 9), ("/dev/tty", 5, 0),
        ]
    }

    /// Nothing, then what Docker lets every container use, then the user's. A privileged container
    /// has no rules: its group allows what the parent allows.
    var rules: [Resources.DeviceRule] {
        get throws(ConfigurationError) {
            guard !host.privileged else { return [] }
            var rules = [
                Resources.DeviceRule(allow: false),
                // Nodes may be made of everything, which is not to say opened.
                Resources.DeviceRule(allow: true, type: "c", access: "m"),
                Resources.DeviceRule(allow: true, type: "b", access: "m"),
            ]
            for (_, major, minor) in Self.standard {
                rules.append(Self.allow(major: Int64(major), minor: Int64(minor)))
            }
            rules.append(Self.allow(major: 5, minor: 2))  // /dev/ptmx
            rules.append(Self.allow(major: 136, minor: nil))  // /dev/pts
            rules += facts.devices.map(\.rule)
            for text in host.deviceCgroupRules { rules.append(try Self.rule(text)) }
            return rules
        }
    }

    private static func allow(major: Int64, minor: Int64?) -> Resources.DeviceRule {
        Resources.DeviceRule(allow: true, type: "c", major: major, minor: minor)
    }

    /// Reads `c 10:200 rwm`; `*` is any number.
    static func rule(_ text: String) throws(ConfigurationError) -> Resources.DeviceRule {
        let invalid = ConfigurationError("invalid device cgroup rule format: '\(text)'")
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "a" || words[0] == "b" || words[0] == "c",
            !words[2].isEmpty, words[2].count <= 3, words[2].allSatisfy({ "rwm".contains($0) })
        else { throw invalid }
        let numbers = words[1].split(separator: ":", omittingEmptySubsequences: false)
        guard numbers.count == 2 else { throw invalid }
        var parsed: [Int64?] = []
        for number in numbers {
            if number == "*" {
                parsed.append(nil)
            } else if let value = UInt32(number) {
                parsed.append(Int64(value))
            } else {
                throw invalid
            }
        }
        return Resources.DeviceRule(
            allow: true, type: String(words[0]), major: parsed[0], minor: parsed[1],
            access: String(words[2]))
    }
}
