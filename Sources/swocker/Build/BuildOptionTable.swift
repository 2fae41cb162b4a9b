// SPDX-License-Identifier: Apache-2.0

import Engine

/// The options of `build`, one row each.
enum BuildOptionTable {
    static var all: [Option] { what + how + limits + refused }

    /// What is built, and what becomes of it.
    private static var what: [Option] {
        [
            Option("annotation", .list, "Add an annotation to the image's manifest (key=value)"),
            Option("build-arg", .list, "Set a variable of the Dockerfile (K=V, or K from here)"),
            Option("build-context", .list, "Another context (name=directory or docker-image://…)"),
            Option("file", "f", .string, "The Dockerfile (PATH/Dockerfile); - for standard input"),
            Option("iidfile", .string, "Write the image's ID to a file"),
            Option("label", .list, "Add a label to the image (key=value)"),
            Option("load", .flag, "Keep the image here, which is what happens anyway"),
            Option("metadata-file", .string, "Write what was built to a file, as JSON"),
            Option(
                "output", "o", .list("list", check: { _ = try BuildOutputText.parse($0) }),
                "What becomes of it (type=image|local|tar|docker|oci,dest=path)"),
            Option("platform", .string, "What it is built for (os[/arch[/variant]])"),
            Option(
                "tag", "t", .list("list", check: TagText.check), "Name it (repository[:tag])"),
            Option("target", .string, "Build this stage (name or number)"),
        ]
    }

    /// How it is built.
    private static var how: [Option] {
        [
            Option(
                "allow", .list("list", check: AllowText.check),
                "Allow what is not allowed by default (network.host|security.insecure)"),
            Option("check", .flag, "Look for faults and bad habits, and build nothing"),
            Option("no-cache", .flag, "Make every step anew"),
            Option("no-cache-filter", .list, "Make the steps of these stages anew"),
            Option(
                "progress", .value("string", check: ProgressStyle.check), default: "auto",
                "How to show progress (auto|plain|tty|quiet|rawjson|none)"),
            Option("pull", .flag, "Ask the registry for base images, also for those that are here"),
            Option("quiet", "q", .flag, "Print the image's ID and nothing else"),
            Option("secret", .list, "A secret for RUN steps (id=name[,src=file|,env=variable])"),
        ]
    }

    /// What RUN steps may use.
    private static var limits: [Option] {
        [
            Option(
                "add-host", .list("list", check: ExtraHostText.check),
                "Add a line to /etc/hosts of RUN steps (name:ip)"),
            Option("cgroup-parent", .string, "Parent cgroup of RUN steps"),
            Option("cpu-period", .integer, "Length of a CPU period in microseconds"),
            Option("cpu-quota", .integer, "CPU time in each period in microseconds"),
            Option("cpu-shares", "c", .integer, "Relative weight of CPU time (1024 is normal)"),
            Option("cpuset-cpus", .string, "CPUs to run on (0-3, 0,1)"),
            Option("cpuset-mems", .string, "Memory nodes to use (0-3, 0,1)"),
            Option("memory", "m", .bytes, "Memory limit"),
            Option(
                "memory-swap", .value("bytes", check: { _ = try Size.bytesOrUnlimited($0) }),
                "Memory and swap together; -1 for no limit"),
            Option(
                "network", .value("string", check: BuildNetworkText.check), default: "default",
                "Network of RUN steps (default|none|host)"),
            Option("security-opt", .list, "Security options of RUN steps"),
            Option("shm-size", .bytes, "Size of /dev/shm"),
            Option(
                "ulimit", .list("ulimit", check: { _ = try UlimitText.parse($0) }),
                "Limits of RUN steps (name=soft[:hard])"),
        ]
    }

    /// What Docker's builder has and this one does not, or has no use for.
    private static var refused: [Option] {
        [
            Option("attest", .list, "Attestations are not supported yet", .hidden),
            Option("builder", .string, "There is one builder: default", .hidden),
            Option("cache-from", .list, "Caches elsewhere are not supported yet", .hidden),
            Option("cache-to", .list, "Caches elsewhere are not supported yet", .hidden),
            Option("call", .string, default: "build", "What to do (build|check)", .hidden),
            Option("compress", .flag, "Without meaning: the context is not sent", .hidden),
            Option("debug", "D", .flag, "Without meaning", .hidden),
            Option("disable-content-trust", .flag, default: "true", "Without meaning", .hidden),
            Option("force-rm", .flag, "Without meaning: nothing is left of steps", .hidden),
            Option("isolation", .string, "default", .hidden),
            Option("policy", .list, "Policies are not supported yet", .hidden),
            Option("provenance", .string, "Attestations are not supported yet", .hidden),
            Option("push", .flag, "Pushing is not supported yet", .hidden),
            Option("resource", .list, "Not supported yet", .hidden),
            Option("rm", .flag, default: "true", "Without meaning: nothing is left", .hidden),
            Option("sbom", .string, "Attestations are not supported yet", .hidden),
            Option("squash", .flag, "Squashing is not supported yet", .hidden),
            Option("ssh", .list, "Keys of an agent are not supported yet", .hidden),
        ]
    }

    /// Refuses what would otherwise be passed over.
    static func refuse(_ arguments: Arguments) throws {
        for name in ["cache-from", "cache-to", "policy", "resource", "ssh", "attest"]
        where !arguments.list(name).isEmpty {
            throw UsageError("swocker: --\(name) is not supported yet")
        }
        for name in ["push", "squash"] where arguments.flag(name) {
            throw UsageError("swocker: --\(name) is not supported yet")
        }
        for name in ["provenance", "sbom"] {
            let value = arguments.text(name)
            guard value.isEmpty || (try? Number.boolean(value)) == false else {
                throw UsageError("swocker: --\(name) is not supported yet")
            }
        }
        let builder = arguments.text("builder")
        guard builder.isEmpty || builder == "default" else {
            throw UsageError("ERROR: no builder \"\(inert(builder))\" found")
        }
        guard ["", "default"].contains(arguments.text("isolation")) else {
            throw UsageError(
                "swocker: --isolation \(inert(arguments.text("isolation"))) is for Windows")
        }
        guard ["", "build", "check"].contains(arguments.text("call")) else {
            throw UsageError(
                "swocker: --call \(inert(arguments.text("call"))) is not supported yet")
        }
        if arguments.flag("debug") {
            throw UsageError("swocker: build --debug is not supported yet")
        }
    }
}
