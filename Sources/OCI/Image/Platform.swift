// SPDX-License-Identifier: Apache-2.0

/// What an image runs on.
///
/// https://github.com/opencontainers/image-spec/blob/main/image-index.md#image-index-property-descriptions
public struct Platform: Equatable, Sendable {
    public var architecture: String
    public var os: String
    public var variant: String?

    public init(os: String, architecture: String, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
        normalize()
    }

    /// Parses `os/arch[/variant]`, `arch` or `os` alone, as `--platform` takes them; nil for
    /// anything else.
    public init?(parsing text: String) {
        let parts = text.lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count),
            parts.allSatisfy({ part in
                !part.isEmpty
                    && part.utf8.allSatisfy {
                        $0.isLowercase || $0.isDigit || $0 == UInt8(ascii: "_")
                            || $0 == UInt8(ascii: ".")
                            || $0 == UInt8(ascii: "-")
                    }
            })
        else { return nil }
        switch parts.count {
        case 1 where parts[0] == "linux":
            self.init(os: "linux", architecture: Platform.host.architecture)
        case 1: self.init(os: "linux", architecture: String(parts[0]))
        case 2: self.init(os: String(parts[0]), architecture: String(parts[1]))
        default:
            self.init(
                os: String(parts[0]), architecture: String(parts[1]), variant: String(parts[2]))
        }
    }

    /// The platform this program was built for, and so runs on.
    public static var host: Platform {
        #if arch(x86_64)
            Platform(os: "linux", architecture: "amd64")
        #elseif arch(arm64)
            Platform(os: "linux", architecture: "arm64", variant: "v8")
        #elseif arch(arm)
            Platform(os: "linux", architecture: "arm", variant: "v7")
        #elseif arch(riscv64)
            Platform(os: "linux", architecture: "riscv64")
        #elseif arch(powerpc64le)
            Platform(os: "linux", architecture: "ppc64le")
        #elseif arch(s390x)
            Platform(os: "linux", architecture: "s390x")
        #else
            Platform(os: "linux", architecture: "386")
        #endif
    }

    /// How well an image for `image` runs here: 0 is made for this, greater is worse, nil not at all.
    /// Newer processors run older ones' programs: arm/v7 runs v6 and v5, arm64 runs arm, amd64 runs
    /// 386.
    public func rank(of image: Platform) -> Int? {
        guard os == image.os else { return nil }
        let mine = level(variant)
        let theirs = level(image.variant)
        switch (architecture, image.architecture) {
        case ("amd64", "amd64"): return theirs <= max(mine, 1) ? max(mine, 1) - max(theirs, 1) : nil
        case ("amd64", "386"): return 10
        case ("arm64", "arm64"): return theirs <= max(mine, 8) ? max(mine, 8) - max(theirs, 8) : nil
        case ("arm64", "arm"): return theirs <= 8 ? 18 - theirs : nil
        case ("arm", "arm"): return theirs <= mine ? mine - theirs : nil
        case (let one, let other): return one == other && variant == image.variant ? 0 : nil
        }
    }

    private func level(_ variant: String?) -> Int { variant.flatMap { Int($0.dropFirst()) } ?? 0 }

    private mutating func normalize() {
        switch architecture {
        case "x86_64", "x86-64": architecture = "amd64"
        case "aarch64": architecture = "arm64"
        case "armhf": (architecture, variant) = ("arm", variant ?? "v7")
        case "armel": (architecture, variant) = ("arm", variant ?? "v6")
        case "i386", "i686": architecture = "386"
        default: break
        }
        if variant?.isEmpty == true { variant = nil }
        if architecture == "arm64", variant == nil { variant = "v8" }
        if architecture == "arm", variant == nil { variant = "v7" }
    }
}

extension Platform: CustomStringConvertible {
    /// `linux/arm/v7`, `linux/amd64`; arm64's only variant is left out.
    public var description: String {
        let shown = architecture == "arm64" && variant == "v8" ? nil : variant
        return ([os, architecture] + (shown.map { [$0] } ?? [])).joined(separator: "/")
    }
}

extension Platform: Codable {
    private enum CodingKeys: String, CodingKey { case architecture, os, variant }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            os: try members.decode(String.self, forKey: .os),
            architecture: try members.decode(String.self, forKey: .architecture),
            variant: try members.decodeIfPresent(String.self, forKey: .variant))
    }
}
