// SPDX-License-Identifier: Apache-2.0

/// Which words call which command. Only the command that is asked for is built.
enum CommandTable {
    /// A command's row, and how to run it.
    struct Entry {
        let command: Command
        /// Nil for a command whose grammar is known but which does nothing yet.
        let run: ((Arguments, Invocation) throws -> Int32)?

        init(_ command: Command) {
            self.command = command
            run = nil
        }

        init<Runnable: RunnableCommand>(_: Runnable.Type) {
            command = Runnable.command
            run = { try Runnable(arguments: $0).run(in: $1) }
        }
    }

    /// The command that `path` calls: `run`, `container run`, `container list`.
    static func entry(_ path: String) -> Entry? {
        switch path {
        case "run", "container run": Entry(ContainerRun.self)
        case "create", "container create": Entry(ContainerCreate.self)
        case "exec", "container exec": Entry(ContainerExec.self)
        case "ps", "container ls", "container list", "container ps": Entry(ContainerList.self)
        case "start", "container start": Entry(ContainerStart.self)
        case "stop", "container stop": Entry(ContainerStop.self)
        case "restart", "container restart": Entry(ContainerRestart.self)
        case "pause", "container pause": Entry(ContainerPause.self)
        case "unpause", "container unpause": Entry(ContainerUnpause.self)
        case "why", "container why": Entry(ContainerWhy.self)
        case "kill", "container kill": Entry(ContainerKill.self)
        case "rm", "container rm", "container remove": Entry(ContainerRemove.self)
        case "logs", "container logs": Entry(ContainerLogs.self)
        case "wait", "container wait": Entry(ContainerWait.self)
        case "attach", "container attach": Entry(ContainerAttach.self)
        case "rename", "container rename": Entry(ContainerRename.self)
        case "port", "container port": Entry(ContainerPort.self)
        case "publish", "container publish": Entry(ContainerPublish.self)
        case "unpublish", "container unpublish": Entry(ContainerUnpublish.self)
        case "traffic": Entry(Traffic.self)
        case "top", "container top": Entry(ContainerTop.self)
        case "stats", "container stats": Entry(ContainerStats.self)
        case "update", "container update": Entry(ContainerUpdate.self)
        case "container prune": Entry(ContainerPrune.self)
        case "container inspect": Entry(ContainerInspect.self)
        case "inspect": Entry(Inspect.self)
        case "commit", "container commit": Entry(ContainerCommit.self)
        case "cp", "container cp": Entry(ContainerCopy.self)
        case "diff", "container diff": Entry(ContainerDiff.self)
        case "export", "container export": Entry(ContainerExport.self)
        case "images", "image ls", "image list": Entry(ImageList.self)
        case "build", "image build", "builder build": Entry(ImageBuild.self)
        case "builder prune": Entry(BuilderPrune.self)
        case "rmi", "image rm", "image remove": Entry(ImageRemove.self)
        case "import", "image import": Entry(ImageImport.self)
        case "load", "image load": Entry(ImageLoad.self)
        case "save", "image save": Entry(ImageSave.self)
        case "tag", "image tag": Entry(ImageTag.self)
        case "history", "image history": Entry(ImageHistory.self)
        case "image prune": Entry(ImagePrune.self)
        case "pull", "image pull": Entry(ImagePull.self)
        case "push", "image push": Entry(ImagePush.self)
        case "login": Entry(Login.self)
        case "logout": Entry(Logout.self)
        case "search": Entry(Search.self)
        case "manifest inspect": Entry(ManifestInspect.self)
        case "system df": Entry(SystemDiskUse.self)
        case "system prune": Entry(SystemPrune.self)
        case "image inspect": Entry(ImageInspect.self)
        case "network check", "net check": Entry(NetworkCheck.self)
        case "network why", "net why": Entry(NetworkWhy.self)
        case "network connect": Entry(NetworkConnect.self)
        case "network create": Entry(NetworkCreate.self)
        case "network disconnect": Entry(NetworkDisconnect.self)
        case "network inspect": Entry(NetworkInspect.self)
        case "network ls", "network list": Entry(NetworkList.self)
        case "network prune": Entry(NetworkPrune.self)
        case "network rm", "network remove": Entry(NetworkRemove.self)
        case "volume create": Entry(VolumeCreate.self)
        case "volume inspect": Entry(VolumeInspect.self)
        case "volume ls", "volume list": Entry(VolumeList.self)
        case "volume prune": Entry(VolumePrune.self)
        case "volume rm", "volume remove": Entry(VolumeRemove.self)
        case "info", "system info": Entry(SystemInfo.self)
        case "events", "system events": Entry(SystemEvents.self)
        case "system restore": Entry(SystemRestore.self)
        case "system shutdown": Entry(SystemShutdown.self)
        case "version": Entry(SystemVersion.self)
        case "completion": Entry(Completion.self)
        case "__complete": Entry(CompletionCandidates.self)
        case "help": Entry(Help.self)
        default: nil
        }
    }

    /// One-word commands, as the program's help shows them.
    static let commonWords = [
        "run", "exec", "ps", "build", "pull", "push", "images", "login", "logout", "search",
        "version", "info",
    ]
    static let otherWords = [
        "attach", "commit", "completion", "cp", "create", "diff", "events", "export", "help",
        "history", "import", "inspect", "kill", "load", "logs", "pause", "port",
        "publish", "rename", "restart", "rm", "rmi", "save", "start", "stats", "stop", "tag", "top",
        "traffic", "unpause", "unpublish", "update", "wait", "why",
    ]

    /// Commands with a common first word.
    struct Group {
        let path: String
        let summary: String
        let words: [String]

        /// The group as far as parsing is concerned.
        var command: Command {
            Command(
                path, operands: "COMMAND", summary: summary, arity: .atLeast(0),
                operandsEndOptions: true, completes: .commands, examples: [])
        }
    }

    static let groups = [
        Group(
            path: "container", summary: "Manage containers",
            words: [
                "attach", "commit", "cp", "create", "diff", "exec", "export", "inspect", "kill",
                "logs", "ls", "pause", "port", "prune", "publish", "rename", "restart", "rm", "run",
                "start", "stats", "stop", "top", "unpause", "unpublish", "update", "wait", "why",
            ]),
        Group(
            path: "image", summary: "Manage images",
            words: [
                "build", "history", "import", "inspect", "load", "ls", "prune", "pull", "push",
                "rm", "save", "tag",
            ]),
        Group(path: "builder", summary: "Manage builds", words: ["build", "prune"]),
        Group(path: "manifest", summary: "Look at manifests of registries", words: ["inspect"]),
        Group(
            path: "system", summary: "Look at the engine",
            words: ["df", "events", "info", "prune", "restore", "shutdown"]),
        Group(
            path: "network", summary: "Manage networks",
            words: [
                "check", "connect", "create", "disconnect", "inspect", "ls", "prune", "rm", "why",
            ]),
        Group(
            path: "volume", summary: "Manage volumes",
            words: ["create", "inspect", "ls", "prune", "rm"]),
    ]

    /// The group that a first word means; "net" is short for one.
    static func group(_ word: String) -> Group? {
        let path = word == "net" ? "network" : word
        return groups.first { $0.path == path }
    }

    /// What a command line may begin with.
    static var firstWords: [String] { commonWords + otherWords + groups.map(\.path) }

    /// Each command once, by the words that its help shows first.
    static var paths: [String] {
        let grouped = groups.flatMap { group in group.words.map { "\(group.path) \($0)" } }
        return firstWords.filter { group($0) == nil } + grouped
    }
}
