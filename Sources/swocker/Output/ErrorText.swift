// SPDX-License-Identifier: Apache-2.0

func daemonError(_ error: any Error) -> String { "Error response from daemon: \(error)" }
