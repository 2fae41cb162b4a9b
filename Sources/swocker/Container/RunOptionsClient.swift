// SPDX-License-Identifier: Apache-2.0

import Glibc

extension RunOptions.Client {
    /// The process's own side.
    static func process(_ surroundings: Surroundings, detachKeys: String = "") -> Self {
        Self(
            environment: surroundings.environment, read: read,
            workingDirectory: {
                guard let path = getcwd(nil, 0) else { return "/" }
                defer { free(path) }
                return String(cString: path)
            },
            detachKeys: detachKeys)
    }

    private static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { return content }
            content += buffer[..<count]
        }
    }

    /// Go's words, which are the C library's in lower case.
    private static func failure(_ action: String, _ path: String) -> InvalidValue {
        let words = String(cString: strerror(errno))
        return InvalidValue(
            "\(action) \(path): \(words.prefix(1).lowercased())\(words.dropFirst())")
    }
}
