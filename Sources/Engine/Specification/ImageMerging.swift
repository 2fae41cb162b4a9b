// SPDX-License-Identifier: Apache-2.0

public import OCI

extension ContainerConfiguration {
    /// This configuration with what it leaves open taken from its image, by Docker's rules.
    ///
    /// An entry point of the user's own discards the image's command too; one empty word takes the
    /// image's entry point away. Lists of names are united, variables and labels of the user's win.
    /// Throws "no command specified" when neither has anything to run.
    public func merged(with image: ImageConfiguration) throws(ConfigurationError)
        -> ContainerConfiguration
    {
        var merged = self
        if let defaults = image.config { merged.inherit(defaults) }
        if merged.entrypoint == [""] { merged.entrypoint = [] }
        guard !merged.entrypoint.isEmpty || !merged.cmd.isEmpty else {
            throw ConfigurationError("no command specified")
        }
        return merged
    }

    private mutating func inherit(_ image: ImageConfiguration.Execution) {
        inheritCommand(image)
        inheritEnvironment(image.environment)
        if user.isEmpty { user = image.user ?? "" }
        if workingDir.isEmpty { workingDir = image.workingDirectory ?? "" }
        if stopSignal?.isEmpty != false { stopSignal = image.stopSignal }
        if stopTimeout == nil { stopTimeout = image.stopTimeout }
        if shell.isEmpty { shell = image.shell ?? [] }
        for port in image.exposedPorts.keys {
            exposedPorts.insert(Port(parsing: port).map { "\($0)" } ?? port)
        }
        for path in image.volumes.keys { volumes.insert(path) }
        labels.merge(image.labels) { own, _ in own }
        if let probe = image.healthcheck { inheritHealth(HealthConfiguration(probe)) }
    }

    private mutating func inheritCommand(_ image: ImageConfiguration.Execution) {
        guard entrypoint.isEmpty else { return }
        if cmd.isEmpty { cmd = image.command ?? [] }
        entrypoint = image.entrypoint ?? []
    }

    /// The user's variables come first, as Docker lists them.
    private mutating func inheritEnvironment(_ image: [String]) {
        let own = Set(env.map(Self.variableName))
        env += image.filter { !own.contains(Self.variableName($0)) }
    }

    private static func variableName(_ entry: String) -> Substring { entry.prefix { $0 != "=" } }

    /// Each unset member is inherited by itself.
    private mutating func inheritHealth(_ image: HealthConfiguration) {
        guard var own = healthcheck else {
            healthcheck = image
            return
        }
        if own.test.isEmpty { own.test = image.test }
        if own.interval == 0 { own.interval = image.interval }
        if own.timeout == 0 { own.timeout = image.timeout }
        if own.startPeriod == 0 { own.startPeriod = image.startPeriod }
        if own.startInterval == 0 { own.startInterval = image.startInterval }
        if own.retries == 0 { own.retries = image.retries }
        healthcheck = own
    }
}

extension HealthConfiguration {
    /// An image's HEALTHCHECK.
    init(_ image: ImageConfiguration.Healthcheck) {
        self.init()
        test = image.test
        interval = image.interval ?? 0
        timeout = image.timeout ?? 0
        startPeriod = image.startPeriod ?? 0
        startInterval = image.startInterval ?? 0
        retries = image.retries ?? 0
    }
}
