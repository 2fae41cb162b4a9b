// SPDX-License-Identifier: Apache-2.0

public import Glibc
internal import Linux

extension Engine {
    /// Writes what a container has printed to two descriptors.
    /// - Parameters:
    ///   - options: with `follow`, goes on until the container that runs now has ended; one that
    ///     does not run is not followed.
    ///   - details: whether each line begins with the log's attributes.
    /// - Throws: `EngineError.unreadableLogs` for a container with the log driver `none`.
    public func writeLogs(
        of text: String, _ options: LogOptions, details: Bool = false,
        stdout: CInt = STDOUT_FILENO, stderr: CInt = STDERR_FILENO
    ) throws {
        let container = try container(text, in: try open())
        // The monitor writes what the container has printed before its end; only then is it all.
        var options = options
        options.details = details ? container.logDetails : nil
        guard options.follow, let end = try container.monitor.open() ?? container.process.open()
        else {
            options.follow = false
            return try logReader(of: container, options).copy(stdout: stdout, stderr: stderr)
        }
        try logReader(of: container, options).copy(stdout: stdout, stderr: stderr, end: end.raw)
    }

    private func logReader(
        of container: Container, _ options: LogOptions
    ) throws(EngineError) -> LogReader {
        let files = location.container(container.id)
        return switch try LogSettings(container.record.hostConfiguration.logConfig).driver {
        case .none: throw .unreadableLogs
        case .local: LogReader(directory: files.logs, options: options)
        case .jsonFile: LogReader(json: files.jsonLog, in: files.directory, options: options)
        }
    }

    /// Removes what a container has printed so far; what it prints from now on is logged, and who
    /// follows the log goes on.
    /// - Throws: `EngineError.unreadableLogs` for a container with the log driver `none`.
    public func clearLogs(of text: String) throws {
        let container = try container(text, in: try open())
        let files = location.container(container.id)
        switch try LogSettings(container.record.hostConfiguration.logConfig).driver {
        case .none: throw EngineError.unreadableLogs
        case .local: if exists(files.logs) { try LogSegments.clear(files.logs) }
        case .jsonFile: try JSONLogFiles.clear(files.jsonLog)
        }
    }
}

extension ContainerFiles {
    /// Opens the log of a container for its monitor; nil when nothing is logged.
    /// - Parameter attributes: what each entry says besides.
    func openLog(
        _ settings: LogSettings, _ attributes: [(name: String, value: String)]
    ) throws -> (any LogDriver)? {
        let open: () throws -> any LogDriver = {
            settings.driver == .local
                ? try LogWriter(directory: logs, limits: settings.limits)
                : try JSONLogWriter(
                    path: jsonLog, limits: settings.limits, attributes: attributes)
        }
        if settings.driver == .none { return nil }
        let log = try open()
        // A log that cannot be opened is told at the start.
        return settings.bufferSize.map { LogRelay(bufferSize: $0, open: open) } ?? log
    }
}
