// SPDX-License-Identifier: Apache-2.0

import Glibc

exit(Root(surroundings: .process).run(CommandLine.arguments.dropFirst()))
