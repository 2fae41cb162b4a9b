// SPDX-License-Identifier: Apache-2.0

import Glibc

// A closed standard stream would lend its number to the next file that is opened, and a container
// would write into it.
for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
    _ = open("/dev/null", O_RDWR)
}
exit(Root.run(CommandLine.arguments.dropFirst()))
