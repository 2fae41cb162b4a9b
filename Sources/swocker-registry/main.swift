// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Images
internal import OCI
internal import Registry

// A closed standard stream would lend its number to the next file that is opened.
for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
    _ = open("/dev/null", O_RDWR)
}

// The process that unpacks a layer is this program before it has any thread.
if CommandLine.arguments.count == 3, CommandLine.arguments[1] == LayerProcess.word {
    guard let arrival = try? LayerArrival(json: Array(CommandLine.arguments[2].utf8)) else {
        exit(2)
    }
    exit(arrival.run())
}

// A broken connection is an error and not a signal.
signal(SIGPIPE, SIG_IGN)
// The main thread only waits, so nothing may be the main actor's: an asynchronous main costs tens of
// milliseconds at its end.
Task.detached {
    let code = await Root.run(CommandLine.arguments)
    _exit(code)
}
while true { pause() }
