// SPDX-License-Identifier: Apache-2.0

@testable import ContainerRuntime
import Glibc
import Linux
import OCI
import Testing

/// Groups of resctrl, with a directory in its place: few machines have it.
final class ResourceGroupTests {
    private let mount: String

    init() throws {
        var template = Array("/tmp/swocker-resctrl.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        mount = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try replaceFile("\(mount)/schemata", with: Array("L3:0=fff\n".utf8))
    }

    deinit { try? removeTree(mount) }

    private func group(_ json: String) throws -> ResourceGroup {
        var group = ResourceGroup(try LinuxSpec.IntelRdt(json: Array(json.utf8)), id: "c1")
        group.parent = mount
        return group
    }

    /// A group that the kernel would have filled with files.
    private func prepare(_ name: String, _ schemata: String = "") throws {
        try makeDirectory("\(mount)/\(name)")
        for (file, text) in [("schemata", schemata), ("tasks", "")] {
            try replaceFile("\(mount)/\(name)/\(file)", with: Array(text.utf8))
        }
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try contents(of: "\(mount)/\(path)"), as: UTF8.self)
    }

    @Test func isNamedByItsClassOrItsContainer() throws {
        let own = try group(#"{"l3CacheSchema":"L3:0=f","memBwSchema":"MB:0=20"}"#)
        #expect(own.name == "c1" && !own.isShared && own.schemata == ["L3:0=f", "MB:0=20"])
        let shared = try group(#"{"closID":"gold"}"#)
        #expect(shared.name == "gold" && shared.isShared && shared.schemata == [])
    }

    @Test func setsAllSharesAtOnceAndTakesProcesses() throws {
        try prepare("c1")
        let own = try group(#"{"l3CacheSchema":"L3:0=f","memBwSchema":"MB:0=20"}"#)
        try own.make()
        #expect(try text("c1/schemata") == "L3:0=f\nMB:0=20\n")
        try own.add(77)
        #expect(try text("c1/tasks") == "77")
    }

    @Test func takesASharedGroupOnlyAsItIs() throws {
        try prepare("gold", "    MB:0= 20;1=100\n    L3:0=00f;1=fff\n")
        for json in [
            #"{"closID":"gold"}"#, #"{"closID":"gold","l3CacheSchema":"L3:0=F;1=fff"}"#,
            #"{"closID":"gold","l3CacheSchema":"L3:1=fff","memBwSchema":"MB:0=20"}"#,
        ] { try group(json).make() }
        let before = try text("gold/schemata")
        for schema in ["L3:0=ff", "L3:2=f", "L2:0=f"] {
            #expect(throws: Errno.exists) {
                try group(#"{"closID":"gold","l3CacheSchema":"\#(schema)"}"#).make()
            }
        }
        #expect(try text("gold/schemata") == before)
        #expect(throws: Errno.noEntry) { try group(#"{"closID":"silver"}"#).make() }
        #expect(!exists("\(mount)/silver"))
    }

    /// The file "schemata" is the kernel's to make; here it is missing, so the shares are refused.
    @Test func leavesNoGroupWhoseSharesAreRefused() throws {
        let own = try group(#"{"l3CacheSchema":"L3:0=f"}"#)
        #expect(throws: Errno.noEntry) { try own.make() }
        #expect(!exists("\(mount)/c1"))
    }

    @Test(arguments: ["", ".", "..", "a/b"])
    func refusesNamesThatAreNone(_ name: String) throws {
        #expect(throws: Errno.invalid) { try group("{\"closID\":\"\(name)\"}").make() }
    }

    @Test func saysThatThereIsNoResctrl() throws {
        try removeFile("\(mount)/schemata")
        #expect(throws: Errno.noDevice) { try group("{}").make() }
    }

    @Test func isRemovedOnceAndForAll() throws {
        let own = try group("{}")
        try own.make()
        #expect(exists("\(mount)/c1"))
        try own.remove()
        #expect(!exists("\(mount)/c1"))
        try own.remove()
    }
}
