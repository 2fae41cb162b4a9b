// SPDX-License-Identifier: Apache-2.0

import Glibc
import Linux

/// Directories that look like /sys/fs/cgroup, removed with their owner.
struct FakeGroups: ~Copyable {
    let path: String

    init(_ files: [String: String]) throws {
        path = "/tmp/swocker-groups-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        for (file, text) in files {
            let whole = "\(path)/\(file)"
            let slash = whole.lastIndex(of: "/") ?? whole.startIndex
            try makeDirectories(String(whole[..<slash]))
            try replaceFile(whole, with: Array(text.utf8))
        }
    }

    var v2: CgroupHierarchies { .v2(mount: path) }
    var v1: CgroupHierarchies {
        let names = (try? names(in: path)) ?? []
        return .v1(
            names.sorted().map { .init(controllers: [$0], mount: "\(path)/\($0)") }, unified: nil)
    }

    func text(_ file: String) -> String? {
        (try? contents(of: "\(path)/\(file)")).map { String(decoding: $0, as: UTF8.self) }
    }

    deinit { try? removeTree(path) }
}
