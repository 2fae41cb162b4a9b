// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// The settings of every Swift target: the compiler guards the layering (an import that is not
/// declared does not leak its members) and no warning survives.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// libarchive's own dependencies, by name: pkg-config is called without `--static`.
let archiveLibraries: [LinkerSetting] = [
    "archive", "nettle", "acl", "attr", "lzma", "zstd", "lz4", "bz2", "z",
].map { .linkedLibrary($0) }

let package = Package(
    name: "swocker",
    products: [
        .executable(name: "swocker", targets: ["swocker"]),
        .executable(name: "swocker-runtime", targets: ["swocker-runtime"]),
        .executable(name: "swocker-registry", targets: ["swocker-registry"]),
    ],
    // Only the registry's client stands on other packages; what we promise of speed does not.
    dependencies: [
        .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
    ],
    targets: [
        // The kernel and the C libraries.
        .target(name: "CLinux"),
        .systemLibrary(name: "CSeccomp"),
        .systemLibrary(name: "CSQLite"),
        .systemLibrary(name: "CArchive"),
        .systemLibrary(name: "CNettle"),

        // From the bottom up; the arrows of docs/architecture.md.
        .target(name: "OCI", swiftSettings: strict, linkerSettings: [.linkedLibrary("m")]),
        .target(
            name: "Linux", dependencies: ["CLinux", "CSeccomp"], swiftSettings: strict,
            linkerSettings: [.linkedLibrary("seccomp")]),
        .target(
            name: "SQLite", dependencies: ["CSQLite"], swiftSettings: strict,
            linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(
            name: "Archive", dependencies: ["CArchive", "CNettle", "Linux", "OCI"],
            swiftSettings: strict, linkerSettings: archiveLibraries),
        .target(
            name: "Images", dependencies: ["Archive", "Linux", "OCI", "SQLite"],
            swiftSettings: strict),
        .target(name: "Networking", dependencies: ["CLinux", "Linux"], swiftSettings: strict),
        .target(name: "DBus", dependencies: ["Linux"], swiftSettings: strict),
        .target(
            name: "ContainerRuntime", dependencies: ["DBus", "Linux", "OCI"],
            swiftSettings: strict),
        .target(
            name: "Build", dependencies: ["Archive", "Images", "Linux", "OCI"],
            swiftSettings: strict),
        .target(
            name: "Engine",
            dependencies: [
                "Archive", "Build", "ContainerRuntime", "Images", "Linux", "Networking", "OCI",
                "SQLite",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "swocker",
            dependencies: [
                "Archive", "Build", "ContainerRuntime", "Engine", "Images", "Linux", "OCI",
                "SQLite",
            ],
            swiftSettings: strict),

        .target(
            name: "Registry",
            dependencies: [
                "Archive", "Images", "Linux", "OCI", "SQLite",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "swocker-registry",
            dependencies: ["Engine", "Images", "Linux", "OCI", "Registry", "SQLite"],
            swiftSettings: strict),

        .executableTarget(
            name: "swocker-runtime", dependencies: ["ContainerRuntime", "Linux", "OCI"],
            swiftSettings: strict),

        .target(
            name: "ArchiveFixtures", dependencies: ["Archive", "CArchive", "Linux", "OCI"],
            path: "Tests/ArchiveFixtures", swiftSettings: strict),
        .executableTarget(
            name: "load-image", dependencies: ["Images", "SQLite"], path: "Tests/LoadImage",
            swiftSettings: strict),
        .testTarget(
            name: "OCITests", dependencies: ["OCI"],
            swiftSettings: strict),
        .testTarget(
            name: "LinuxTests", dependencies: ["CLinux", "Linux"],
            swiftSettings: strict),
        .testTarget(
            name: "NetworkingTests", dependencies: ["Linux", "Networking"],
            swiftSettings: strict),
        .testTarget(
            name: "ArchiveTests", dependencies: ["Archive", "ArchiveFixtures", "Linux", "OCI"],
            swiftSettings: strict),
        .testTarget(
            name: "ImagesTests",
            dependencies: [
                "Archive", "ArchiveFixtures", "Images", "Linux", "OCI", "SQLite", "load-image",
            ], swiftSettings: strict),
        .testTarget(
            name: "BuildTests",
            dependencies: ["Archive", "ArchiveFixtures", "Build", "Images", "Linux", "OCI"],
            swiftSettings: strict),
        .testTarget(
            name: "SQLiteTests", dependencies: ["SQLite"],
            swiftSettings: strict),
        .testTarget(
            name: "ContainerRuntimeTests",
            dependencies: ["ContainerRuntime", "DBus", "Linux", "OCI"], swiftSettings: strict),
        .testTarget(name: "DBusTests", dependencies: ["DBus", "Linux"], swiftSettings: strict),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "ContainerRuntime", "Engine", "Images", "Linux", "Networking", "OCI", "SQLite",
            ], swiftSettings: strict),
        .testTarget(
            name: "RegistryTests", dependencies: ["Linux", "OCI", "Registry"],
            swiftSettings: strict),
        .testTarget(
            name: "CommandLineTests", dependencies: ["Engine", "OCI", "swocker"],
            swiftSettings: strict),
        .testTarget(
            name: "OutputTests", dependencies: ["Engine", "OCI", "swocker"],
            swiftSettings: strict),
        .testTarget(
            name: "IntegrationTests", dependencies: ["Linux", "OCI"], exclude: ["Programs"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
