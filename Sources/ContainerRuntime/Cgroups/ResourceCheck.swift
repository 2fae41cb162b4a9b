// SPDX-License-Identifier: Apache-2.0

internal import OCI

/// What no kernel would take, found before anything is made: one line that says what was wrong.
struct ResourceCheck {
    let resources: Resources

    func callAsFunction() throws(CgroupSettingError) {
        for rule in resources.devices { try check(rule) }
        for limit in resources.hugepageLimits { try checkPageSize(limit.pageSize) }
        for device in resources.rdma.keys.sorted() { try checkWord(device, "RDMA device") }
        for interface in resources.network?.priorities ?? [] {
            try checkWord(interface.name, "network interface")
        }
        if let swappiness = resources.memory?.swappiness, swappiness > 100 {
            throw CgroupSettingError(
                description: "memory swappiness \(swappiness) is not between 0 and 100")
        }
        for (name, list) in [("cpus", resources.cpu?.cpus), ("mems", resources.cpu?.mems)] {
            guard let list, list.utf8.contains(where: { !Self.listLetters.contains($0) }) else {
                continue
            }
            throw CgroupSettingError(description: "invalid cpu.\(name) \"\(list)\"")
        }
        for file in resources.unified.keys.sorted() { try checkUnified(file) }
    }

    private static let listLetters = "0123456789,-:/ \n".utf8

    private func check(_ rule: Resources.DeviceRule) throws(CgroupSettingError) {
        guard ["a", "b", "c", "u"].contains(rule.type ?? "a") else {
            throw CgroupSettingError(
                description: "invalid device type \"\(rule.type ?? "")\" in a rule: a, b or c")
        }
        guard (rule.access ?? "").utf8.allSatisfy("rwm".utf8.contains) else {
            throw CgroupSettingError(
                description: "invalid device access \"\(rule.access ?? "")\": letters of rwm")
        }
        for number in [rule.major, rule.minor].compactMap({ $0 }) {
            guard number <= Int64(UInt32.max) else {
                throw CgroupSettingError(description: "invalid device number \(number) in a rule")
            }
        }
    }

    /// "2MB": it becomes part of a file's name.
    private func checkPageSize(_ size: String) throws(CgroupSettingError) {
        let digits = size.utf8.prefix { (48...57).contains($0) }
        let unit = size.utf8.dropFirst(digits.count)
        guard !digits.isEmpty, ["KB", "MB", "GB"].contains(where: { unit.elementsEqual($0.utf8) })
        else {
            throw CgroupSettingError(
                description: "invalid huge page size \"\(size)\": a number and KB, MB or GB")
        }
    }

    /// Names stand in lines of words.
    private func checkWord(_ name: String, _ what: String) throws(CgroupSettingError) {
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw CgroupSettingError(description: "invalid \(what) name \"\(name)\"")
        }
    }

    /// A file of the group's own: "memory.high", and no path.
    private func checkUnified(_ file: String) throws(CgroupSettingError) {
        let letters = file.utf8
        guard letters.first != UInt8(ascii: "."), letters.contains(UInt8(ascii: ".")),
            letters.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") })
        else {
            throw CgroupSettingError(
                description: "invalid unified resource \"\(file)\": CONTROLLER.PARAMETER, no slash")
        }
    }
}
