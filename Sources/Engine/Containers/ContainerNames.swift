// SPDX-License-Identifier: Apache-2.0

internal import Linux

/// Ids and names of containers.
enum ContainerNames {
    /// 32 random bytes in hexadecimal digits. The 12 digits that people use are never a plain number,
    /// which a script could take for a pid.
    static func newID() throws(KernelError) -> String {
        while true {
            let bytes = try attempting("read random numbers") { () throws(Errno) in
                try randomBytes(32)
            }
            let id = hexadecimal(bytes)
            if id.utf8.prefix(12).contains(where: { $0 > UInt8(ascii: "9") }) { return id }
        }
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Docker's rule: `[a-zA-Z0-9][a-zA-Z0-9_.-]+`, with a slash before it if one likes.
    static func validated(_ name: String) throws(EngineError) -> String {
        let plain = name.hasPrefix("/") ? name.dropFirst() : name[...]
        let bytes = plain.utf8
        let isValid =
            bytes.count >= 2 && bytes.first.map(isAlphanumeric) == true
            && bytes.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
        guard isValid else { throw EngineError.invalidName(name) }
        return String(plain)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    /// A name for who gives none. After some tries with a digit the id itself serves.
    static func invented(attempt: Int, id: String) throws(KernelError) -> String {
        if attempt > 6 { return String(id.prefix(12)) }
        let bytes = try attempting("read random numbers") { () throws(Errno) in
            try randomBytes(5)
        }
        let manner = manners[(Int(bytes[0]) << 8 | Int(bytes[1])) % manners.count]
        let person = people[(Int(bytes[2]) << 8 | Int(bytes[3])) % people.count]
        return "\(manner)_\(person)" + (attempt == 0 ? "" : "\(bytes[4] % 10)")
    }

    private static var manners: [Substring] {
        """
        amber bold brave bright brisk calm candid clever cosy curious dapper daring dreamy eager \
        earnest fair fearless fond frank gentle glad gleeful graceful happy hardy hearty honest \
        humble jolly keen kind lively loyal lucid lucky merry mild modest neat nimble noble patient \
        placid plucky polite proud quick quiet ready serene sharp shy silent sincere smart snug \
        sober steady sunny sweet swift tender tidy upbeat vivid warm wise witty zany zesty
        """.split(separator: " ")
    }

    private static var people: [Substring] {
        """
        abel agnesi archimedes babbage backus bell bernoulli bohr boole born carson cerf clarke \
        conway curie darwin dijkstra dirac easley einstein engelbart euclid euler faraday fermat \
        fermi feynman franklin galileo galois gauss germain goldberg goodall hamilton hawking \
        heisenberg hilbert hodgkin hopper hypatia jemison johnson joule kepler kernighan khayyam \
        knuth kovalevskaya lamarr lamport leavitt leibniz liskov lovelace maxwell mcclintock meitner \
        mendel mirzakhani moore naur neumann newton nobel noether noyce pasteur perlman planck \
        poincare ramanujan ritchie rubin sammet shannon sinoussi snyder stallings sutherland \
        tesla thompson torvalds turing volta wilson wing wirth yalow
        """.split(separator: " ")
    }
}
