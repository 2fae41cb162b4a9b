// SPDX-License-Identifier: Apache-2.0

public import Glibc
internal import Linux

extension Engine {
    /// Writes what a container has printed to two descriptors.
    /// - Parameter options: with `follow`, goes on until the container that runs now has ended; one
    ///   that does not run is not followed.
    /// - Throws: `EngineError.unreadableLogs` for a container with the log driver `none`.
    public func writeLogs(
        of text: String, _ options: LogOptions, stdout: CInt = STDOUT_FILENO,
        stderr: CInt = STDERR_FILENO
    ) throws {
        let container = try container(text, in: try open())
        guard container.record.hostConfiguration.logConfig.type != "none" else {
            throw EngineError.unreadableLogs
        }
        // The monitor writes what the container has printed before its end; only then is it all.
        var options = options
        let logs = location.container(container.id).logs
        guard options.follow, let end = try container.monitor.open() ?? container.process.open()
        else {
            options.follow = false
            return try LogReader(directory: logs, options: options)
                .copy(stdout: stdout, stderr: stderr)
        }
        try LogReader(directory: logs, options: options)
            .copy(stdout: stdout, stderr: stderr, end: end.raw)
    }
}
