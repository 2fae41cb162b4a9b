// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// Registries that lie, break off, or never end. Each gets one line, the store stays clean, and no
    /// credential goes where it does not belong.
    @Suite(.enabled(if: isInstalled("python3"), "python3 is not installed"))
    struct HostileRegistryTests {
        let swocker = Swocker(images: [])
        let server: ChildProcess
        let host: String

        init() throws {
            server = ChildProcess(
                ["python3", Self.program, swocker.directory], swocker.surroundings())
            let server = server
            server.collect(seconds: 60) { $0.out.hasSuffix("\n") }
            let port = try #require(Int(server.out.filter(\.isNumber)), "\(server.err)")
            host = "127.0.0.1:\(port)"
            swocker.atEnd {
                server.send(signal: SIGKILL)
                _ = eventually(seconds: 5) { !server.isRunning }
            }
            mkdir(swocker.path(".docker"), 0o700)
            make(
                swocker.path(".docker/config.json"),
                #"{"auths":{"\#(host)":{"auth":"bWU6c2VjcmV0"}}}"#)
        }

        private static let program =
            String(
                #filePath.dropLast("HostileRegistryTests.swift".count))
            + "Programs/hostile-registry.py"

        private func pull(_ name: String, seconds: Double = 60) -> Outcome {
            swocker(
                "pull", "-q", "\(host)/\(name)",
                environment: ["SWOCKER_REGISTRY_TIMEOUT=\(Int(2 * patience))"], seconds: seconds)
        }

        private func stored(_ names: String...) -> [String] {
            names.flatMap { name in entries("\(swocker.root)/\(name)").map { "\(name)/\($0)" } }
        }

        /// What other hosts than the registry were told of credentials.
        private func told(elsewhere: Bool) -> Set<String> {
            let requests = swocker.host("cat", swocker.path("requests")).lines
            return Set(
                requests.map { $0.split(separator: "\t").map(String.init) }
                    .filter { $0.count > 2 && $0[0].hasPrefix("127.0.0.2") == elsewhere }
                    .map { $0[2] })
        }

        private static let wrongs = [
            ("wrong-digest", "digest mismatch"), ("wrong-size", "size mismatch"),
            ("endless", "size mismatch, more than"), ("redirect-for-ever", "too many redirects"),
            ("redirect-nowhere", "redirected to what is no address"),
            ("both", "both a manifest and an index"), ("own-index", "digest mismatch"),
            ("deep-index", "nested deeper"), ("no-platform", "no matching manifest for linux/"),
            ("schema-1", "unsupported manifest media type"),
            ("schema-3", "unsupported schema version"),
            ("no-json", "unsupported manifest media type \"text/html\""),
            ("endless-manifest", "larger than"), ("foreign-layer", "unsupported media type"),
            ("odd-layer", "unsupported media type \"application/vnd.example.model\""),
            ("many-layers", "more than 500 layers"), ("negative-size", "invalid size"),
            ("wrong-manifest", "digest mismatch"), ("wrong-diff", "unpacked digest mismatch"),
            ("no-archive", "unknown archive format"), ("bomb", "unpacks to more than"),
        ]

        /// What comes is wrong: nothing of it stays.
        @Test func wrong() {
            for (name, words) in Self.wrongs {
                let outcome = pull(name)
                #expect(outcome.code == 1 && outcome.out == "", "\(name): \(outcome)")
                #expect(
                    outcome.err.hasPrefix("Error response from daemon: "), "\(name): \(outcome)")
                #expect(outcome.err.contains(words), "\(name): \(outcome)")
                #expect(outcome.err.split(separator: "\n").count == 1, "\(name): \(outcome)")
                let left = stored(
                    "layers", "content/blobs/sha256", "content/ingest", "content/partial",
                    "content/pulls")
                #expect(left == [], "\(name)")
            }
        }

        private static let lates = [
            ("truncated", "blob"), ("slow", "timeout"), ("too-many", "toomanyrequests"),
            ("too-many-for-long", "toomanyrequests"), ("broken", "unexpected status 500"),
            ("unauthorized", "pull access denied"), ("no-blob", "not found"),
        ]

        /// What does not come: an end all the same. What has come may stay for the next try, but not
        /// when the user prunes.
        @Test func late() {
            for (name, words) in Self.lates {
                let outcome = pull(name, seconds: 90)
                #expect(outcome.code == 1 && outcome.out == "", "\(name): \(outcome)")
                #expect(outcome.err.contains(words), "\(name): \(outcome)")
                #expect(outcome.err.split(separator: "\n").count == 1, "\(name): \(outcome)")
                #expect(stored("content/ingest") == [], "\(name)")
                swocker("image", "prune", "-f")
                let left = stored(
                    "layers", "content/blobs/sha256", "content/partial", "content/pulls")
                #expect(left == [], "\(name)")
            }
        }

        @Test func good() {
            for name in ["good", "broken-once", "token-once", "redirect-elsewhere"] {
                #expect(pull(name) == Outcome(0, out: "\(host)/\(name):latest\n"))
                #expect(stored("content/ingest", "content/partial", "content/pulls") == [])
                swocker("rmi", "\(host)/\(name)")
            }
            #expect(told(elsewhere: true) == ["-"])
        }

        @Test func credentialsStayAtHome() {
            let outcome = pull("realm-elsewhere")
            #expect(
                outcome.code == 1 && outcome.err.contains("refusing to show credentials"),
                "\(outcome)")
            #expect(told(elsewhere: true) == [])
        }

        /// Killed at nine tenths, the next pull asks for what is missing alone.
        @Test func goesOnAfterItsDeath() throws {
            let pull = ChildProcess(
                [Swocker.program, "pull", "-q", "\(host)/stops"], swocker.surroundings())
            let whole = 3 << 20
            let partial = "\(swocker.root)/content/partial"
            let came = eventually(seconds: 30) {
                entries(partial).contains { size("\(partial)/\($0)") >= whole * 85 / 100 }
            }
            #expect(came)
            pull.send(signal: SIGKILL)
            _ = pull.wait()
            #expect(self.pull("stops").code == 0)
            let ranges = swocker.host("cat", swocker.path("requests")).lines
                .filter { $0.contains("/blobs/") }
                .compactMap { $0.split(separator: "\t").last }.filter { $0 != "-" }
            #expect(ranges.count == 1)
            let start = try #require(ranges.first.flatMap { Int($0.filter(\.isNumber)) })
            #expect(start >= whole * 85 / 100)
            #expect(stored("content/ingest", "content/partial", "content/pulls") == [])
        }

        private func size(_ path: String) -> Int {
            var status = stat()
            return stat(path, &status) == 0 ? Int(status.st_size) : 0
        }

        /// A full disk is told; when there is room, the pull goes on.
        @Test func fullDisk() {
            mkdir(swocker.root, 0o700)
            let mounted = swocker.host(
                "mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", swocker.root)
            guard mounted.code == 0 else { return }
            let root = swocker.root
            swocker.atEnd { umount2(root, CInt(MNT_DETACH)) }
            let outcome = pull("good")
            #expect(outcome.code == 1, "\(outcome)")
            #expect(outcome.err.contains("no space left on device"), "\(outcome)")
            #expect(outcome.err.split(separator: "\n").count == 1, "\(outcome)")
            #expect(stored("content/ingest") == [])
            swocker.host("mount", "-o", "remount,size=100m", root)
            #expect(pull("good") == Outcome(0, out: "\(host)/good:latest\n"))
            #expect(stored("content/ingest", "content/partial", "content/pulls") == [])
        }

        /// Two pulls at once fetch each blob once.
        @Test func twoAtOnce() {
            let both = (0..<2).map { _ in
                ChildProcess(
                    [Swocker.program, "pull", "-q", "\(host)/good"], swocker.surroundings())
            }
            for pull in both {
                let outcome = pull.wait(seconds: 60)
                #expect(outcome == Outcome(0, out: "\(host)/good:latest\n"))
            }
            var counts: [Substring: Int] = [:]
            let requests = swocker.host("cat", swocker.path("requests")).lines
            for line in requests where line.contains("/blobs/") {
                counts[line.split(separator: "\t")[1], default: 0] += 1
            }
            // The configuration, which is small, may come twice.
            #expect(counts.values.filter { $0 > 1 }.count <= 1, "\(counts)")
        }
    }
}
