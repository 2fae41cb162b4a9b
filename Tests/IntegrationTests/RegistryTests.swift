// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension TheProgram {
    /// Registries that behave: Debian's `docker-registry`, plain and with TLS and passwords.
    @Suite(
        .enabled(
            if: isInstalled("docker-registry") && isInstalled("skopeo"),
            "docker-registry or skopeo is not installed"))
    struct RegistryTests {
        let swocker = Swocker()

        private func pushed(to registry: LocalRegistry, as name: String) -> String {
            let image = "\(registry.host)/\(name)"
            swocker("tag", "busybox", image)
            let outcome = swocker("push", image)
            #expect(outcome.code == 0, "\(outcome)")
            return image
        }

        private func digest(_ image: String) -> String {
            swocker.host(
                "skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}",
                "docker://\(image)"
            ).out.filter { $0 != "\n" }
        }

        @Test func thereAndBack() throws {
            let registry = try #require(LocalRegistry(swocker))
            let image = pushed(to: registry, as: "some/thing:1")
            let before = swocker("image", "inspect", "-f", "{{.Id}}", image).out
            let digest = digest(image)
            #expect(
                swocker("push", image).lines.last?.hasPrefix("1: digest: \(digest) size: ") == true)
            swocker("rmi", image, "busybox")
            let pulled = swocker("pull", image)
            #expect(pulled.code == 0 && pulled.err == "", "\(pulled)")
            #expect(pulled.lines.first == "1: Pulling from some/thing")
            #expect(
                pulled.lines.suffix(3) == [
                    "Digest: \(digest)", "Status: Downloaded newer image for \(image)", image,
                ])
            #expect(swocker("image", "inspect", "-f", "{{.Id}}", image).out == before)
            #expect(
                swocker("image", "inspect", "-f", "{{index .RepoDigests 0}}", image).out
                    == "\(registry.host)/some/thing@\(digest)\n")
            #expect(swocker("run", "--rm", image, "echo", "hi") == Outcome(0, out: "hi\n"))
            let again = swocker("pull", image)
            #expect(again.lines.contains("Status: Image is up to date for \(image)"), "\(again)")
            #expect(swocker("pull", "-q", image) == Outcome(0, out: "\(image)\n"))
        }

        @Test func othersReadOursAndWeReadTheirs() throws {
            let registry = try #require(LocalRegistry(swocker))
            let image = pushed(to: registry, as: "ours:1")
            let layout = swocker.path("layout")
            let out = swocker.host(
                "skopeo", "--insecure-policy", "copy", "-q", "--src-tls-verify=false",
                "docker://\(image)", "oci:\(layout):ours")
            #expect(out.code == 0, "\(out)")
            // In Docker's older vocabulary, and compressed with zstd.
            for (name, options) in [
                ("theirs:v2", ["--format", "v2s2"]),
                (
                    "theirs:zstd",
                    ["--dest-compress-format", "zstd", "--dest-force-compress-format"]
                ),
            ] {
                let theirs = "\(registry.host)/\(name)"
                let words =
                    ["skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false"]
                    + options + ["oci:\(layout):ours", "docker://\(theirs)"]
                let copied = ChildProcess(words, swocker.surroundings()).wait()
                guard copied.code == 0 else { continue }  // an older skopeo
                swocker("rmi", "-f", image, "busybox")
                let pulled = swocker("pull", theirs)
                #expect(pulled.lines.contains("Digest: \(digest(theirs))"), "\(pulled)")
                #expect(swocker("run", "--rm", theirs, "echo", "hi") == Outcome(0, out: "hi\n"))
                swocker("rmi", theirs)
            }
        }

        @Test func runPullsWhatIsMissing() throws {
            let registry = try #require(LocalRegistry(swocker))
            let image = pushed(to: registry, as: "app:1")
            swocker("rmi", image)
            let outcome = swocker("run", "--rm", image, "echo", "hi")
            #expect(outcome.code == 0 && outcome.out == "hi\n", "\(outcome)")
            #expect(outcome.err.hasPrefix("Unable to find image '\(image)' locally\n"))
            #expect(outcome.err.contains("Status: Downloaded newer image for \(image)\n"))
            swocker("rmi", image)
            let quiet = swocker("create", "-q", image)
            #expect(quiet.code == 0 && quiet.err == "", "\(quiet)")
            let always = swocker("run", "--rm", "--pull", "always", image, "true")
            #expect(always.err.contains("Status: Image is up to date for \(image)\n"), "\(always)")
            let never = swocker("run", "--rm", "--pull", "never", "\(registry.host)/no:1")
            #expect(never.code == 125 && never.err.contains("No such image"), "\(never)")
            let nowhere = swocker("run", "--rm", "\(registry.host)/no:1")
            #expect(nowhere.code == 125, "\(nowhere)")
            #expect(
                nowhere.err.contains(
                    "Error response from daemon: manifest for \(registry.host)/no:1 not found:"))
        }

        @Test func tagsAndPlatforms() throws {
            let registry = try #require(LocalRegistry(swocker))
            for tag in ["1", "2"] { swocker("tag", "busybox", "\(registry.host)/app:\(tag)") }
            let all = swocker("push", "-a", "\(registry.host)/app")
            #expect(
                all.code == 0 && all.lines.filter { $0.contains("digest:") }.count == 2, "\(all)")
            for tag in ["1", "2"] { swocker("rmi", "\(registry.host)/app:\(tag)") }
            let pulled = swocker("pull", "-a", "-q", "\(registry.host)/app")
            // In whatever order the registry lists them.
            #expect(pulled.lines.sorted() == ["\(registry.host)/app:1", "\(registry.host)/app:2"])
            let other = swocker("pull", "--platform", "linux/s390x", "\(registry.host)/app:1")
            #expect(other.code == 1 && other.err.contains("does not match"), "\(other)")
            let tagged = swocker("pull", "-a", "\(registry.host)/app:1")
            #expect(
                tagged == Outcome(1, err: "tag can't be used with --all-tags/-a\n"), "\(tagged)")
        }

        @Test(.enabled(if: isInstalled("htpasswd") && isInstalled("openssl")))
        func passwordsAndTLS() throws {
            let registry = try #require(LocalRegistry(swocker, isProtected: true))
            let image = "\(registry.host)/own:1"
            swocker("tag", "busybox", image)
            let stranger = swocker("push", image)
            #expect(
                stranger.code == 1 && stranger.err.contains("failed to verify certificate"),
                "\(stranger)")
            registry.trust()
            #expect(swocker("push", image).err.contains("no basic auth credentials"))
            let wrong = swocker(
                "login", "-u", "me", "--password-stdin", registry.host, input: .text("wrong\n"))
            #expect(wrong.code == 1 && wrong.err.contains("unauthorized"), "\(wrong)")
            let right = swocker(
                "login", "-u", "me", "--password-stdin", registry.host, input: .text("secret\n"))
            #expect(right.code == 0 && right.out == "Login Succeeded\n", "\(right)")
            let file = swocker.path(".docker/config.json")
            #expect(swocker.host("stat", "-c", "%a", file).out == "600\n")
            #expect(swocker("push", image).code == 0)
            #expect(swocker("pull", "-q", image).code == 0)
            #expect(
                swocker("logout", registry.host).out
                    == "Removing login credentials for \(registry.host)\n")
            #expect(swocker("pull", image).code == 1)
        }

        @Test func credentialHelpers() throws {
            let helper = swocker.path("docker-credential-test")
            make(
                helper,
                """
                #!/bin/sh
                case $1 in
                store) cat > \(swocker.path("kept")) ;;
                get) cat > \(swocker.path("asked")); echo '{"Username":"me","Secret":"secret"}' ;;
                erase) rm \(swocker.path("kept")) ;;
                esac
                """, mode: 0o755)
            mkdir(swocker.path(".docker"), 0o700)
            let file = swocker.path(".docker/config.json")
            make(file, #"{"credsStore":"test"}"#)
            let registry = try #require(LocalRegistry(swocker, isProtected: true))
            registry.trust()
            let path = "PATH=\(swocker.directory):/usr/bin:/bin:/usr/sbin:/sbin"
            let login = swocker(
                "login", "-u", "me", "--password-stdin", registry.host, input: .text("secret"),
                environment: [path])
            #expect(login == Outcome(0, out: "Login Succeeded\n"))
            let kept = swocker.host("cat", swocker.path("kept")).out
            #expect(kept.contains(#""Secret":"secret""#) && kept.contains(registry.host))
            #expect(!swocker.host("cat", file).out.contains("c2VjcmV0"))
            swocker("tag", "busybox", "\(registry.host)/x")
            #expect(swocker("push", "-q", "\(registry.host)/x", environment: [path]).code == 0)
            #expect(swocker("logout", registry.host, environment: [path]).code == 0)
            #expect(access(swocker.path("kept"), F_OK) != 0)
        }

        @Test func whatIsNotThere() throws {
            let registry = try #require(LocalRegistry(swocker))
            #expect(
                swocker("pull", "\(registry.host)/no:1")
                    == Outcome(
                        1,
                        err: "Error response from daemon: manifest for \(registry.host)/no:1 not"
                            + " found: manifest unknown: manifest unknown\n"))
            #expect(
                swocker("search", "\(registry.host)/x").err.contains("cannot search"))
            #expect(
                swocker("push", "\(registry.host)/no:1").err
                    == "Error response from daemon: tag does not exist: \(registry.host)/no:1\n")
            #expect(swocker("manifest", "inspect", "\(registry.host)/no:1").code == 1)
            let nobody = swocker("pull", "-q", "127.0.0.1:1/x")
            #expect(nobody.code == 1 && nobody.err.contains("connection refused"), "\(nobody)")
        }
    }
}

/// Debian's registry on loopback, with its store in the test's directory; it ends with the value.
final class LocalRegistry {
    let host: String
    private let swocker: Swocker
    private let process: ChildProcess

    /// nil when it does not start.
    init?(_ swocker: Swocker, isProtected: Bool = false) {
        self.swocker = swocker
        let port = Self.freePort()
        host = "127.0.0.1:\(port)"
        var lines = [
            "version: 0.1", "log: {level: error, accesslog: {disabled: true}}",
            "storage: {filesystem: {rootdirectory: \(swocker.path("registry"))}}",
        ]
        var protection = ""
        if isProtected {
            let hashes = swocker.host("htpasswd", "-Bbn", "me", "secret").out
            make(swocker.path("htpasswd"), hashes)
            swocker.host(
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                swocker.path("key.pem"), "-out", swocker.path("cert.pem"))
            lines.append(
                "auth: {htpasswd: {realm: test, path: \(swocker.path("htpasswd"))}}")
            protection =
                ", tls: {certificate: \(swocker.path("cert.pem")), key: \(swocker.path("key.pem"))}"
        }
        lines.append("http: {addr: \"\(host)\"\(protection)}")
        make(swocker.path("registry.yml"), lines.joined(separator: "\n") + "\n")
        process = ChildProcess(
            ["docker-registry", "serve", swocker.path("registry.yml")], swocker.surroundings())
        guard eventually(seconds: 20, { Self.isOpen(port) }) else { return nil }
    }

    deinit {
        process.send(signal: SIGKILL)
        _ = eventually(seconds: 5) { !process.isRunning }
    }

    /// Makes its certificate an authority of the client's.
    func trust() {
        let directory = swocker.path(".docker/certs.d/\(host)")
        swocker.host("mkdir", "-p", directory)
        swocker.host("cp", swocker.path("cert.pem"), "\(directory)/ca.crt")
    }

    private static func withSocket(
        _ port: UInt16, _ body: (CInt, UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                body(socket, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func isOpen(_ port: UInt16) -> Bool {
        withSocket(port) { connect($0, $1, $2) }
    }

    /// A port that nobody has at this moment.
    private static func freePort() -> UInt16 {
        for _ in 0..<100 {
            let port = UInt16.random(in: 20000..<32000)
            if withSocket(port, { bind($0, $1, $2) }) { return port }
        }
        return 0
    }
}
