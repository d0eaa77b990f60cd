// swift-tools-version: 6.2
//
// Targets are listed bottom-up: a target may depend only on targets above it in this file, so an
// upward arrow between modules is visible in review (and `scripts/tidy` refuses it).
import PackageDescription

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser",
    package: "swift-argument-parser"
)
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

/// A system library: a module map and a header of `static inline` wrappers, nothing compiled.
func system(_ name: String) -> Target {
    .systemLibrary(name: name, path: "Sources/\(name)")
}

/// What both binaries share.
func shared(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(name)")
}

/// A module of the compiler.
func compiler(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "compiler/\(name)")
}

/// A module of the sidecar.
func sidecar(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "sidecar/\(name)")
}

func tests(
    _ name: String,
    _ dependencies: [Target.Dependency],
    exclude: [String] = []
) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude)
}

let package = Package(
    name: "sidegate",
    products: [
        .executable(name: "sidegatec", targets: ["sidegatec"]),
        .executable(name: "sidegate", targets: ["sidegate"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    ],
    targets: [
        // C and C++ libraries of the system, and the two that must be compiled here.
        system("CLinux"),
        system("COpenSSL"),
        system("CXXHash"),
        system("CYAML"),
        system("CHiredis"),
        system("CCurl"),
        system("CZLib"),
        system("CZstd"),
        .target(name: "CLLHTTP", path: "Sources/CLLHTTP"),
        .target(
            name: "CSimdJSON",
            path: "Sources/CSimdJSON",
            linkerSettings: [.linkedLibrary("simdjson")]
        ),

        // Shared by both binaries.
        shared("POSIX", ["CLinux"]),
        shared("Cryptography", ["COpenSSL", "CXXHash", "CZLib"]),
        shared("Curl", ["CCurl"]),
        shared("JSON", ["CSimdJSON"]),
        shared("RouteTable", ["POSIX", "Cryptography"]),
        shared("ProviderData"),
        shared("Routing", ["RouteTable", "ProviderData", "JSON", "Cryptography"]),

        // The compiler.
        compiler("YAML", ["CYAML"]),
        compiler("Template", ["YAML", "JSON"]),
        compiler("Discovery", ["YAML", "JSON", "ProviderData"]),
        compiler(
            "RouteConfig",
            ["Template", "YAML", "JSON", "RouteTable", "ProviderData", "POSIX"]
        ),
        compiler(
            "TableCompiler",
            [
                "YAML", "RouteConfig", "RouteTable", "Routing", "ProviderData", "JSON",
                "Cryptography", "POSIX",
            ]
        ),
        .executableTarget(
            name: "sidegatec",
            dependencies: [
                "TableCompiler", "RouteConfig", "Discovery", "Template", "RouteTable", "Routing",
                "YAML", "Curl", "Cryptography", "POSIX", argumentParser,
            ],
            path: "compiler/sidegatec"
        ),

        // The sidecar.
        sidecar("EventLoop", ["POSIX", "CLinux"]),
        sidecar("Redis", ["EventLoop", "Cryptography", "JSON", "CHiredis"]),
        sidecar("HTTP", ["EventLoop", "POSIX", "CLLHTTP"]),
        sidecar("Upstream", ["HTTP", "EventLoop", "POSIX", "Curl", "CLinux"]),
        sidecar("OpenAI", ["JSON", "POSIX"]),
        sidecar("AWS", ["ProviderData", "Cryptography", "JSON", "POSIX"]),
        sidecar("Bedrock", ["AWS", "OpenAI", "JSON"]),
        sidecar("RateLimits", []),
        sidecar("Fleet", []),
        sidecar("Telemetry", ["JSON", "POSIX"]),
        sidecar("ResponseCache", ["Cryptography", "JSON", "CZstd"]),
        sidecar(
            "Providers",
            [
                "AWS", "Bedrock", "OpenAI", "JSON", "Upstream", "Routing", "RouteTable",
                "ProviderData",
            ]
        ),
        sidecar(
            "Proxy",
            [
                "Providers", "AWS", "Bedrock", "RateLimits", "Fleet", "Telemetry", "ResponseCache",
                "OpenAI", "JSON", "HTTP", "Upstream", "Redis", "EventLoop", "Routing", "RouteTable",
                "ProviderData", "Cryptography", "POSIX", "CLinux", logging,
            ]
        ),
        .executableTarget(
            name: "sidegate",
            dependencies: [
                "Proxy", "Telemetry", "Upstream", "EventLoop", "RouteTable", "JSON", "Cryptography",
                "POSIX", "CLinux", logging,
            ],
            path: "sidecar/sidegate"
        ),

        // What tests of several modules share.
        .target(
            name: "TestSupport",
            dependencies: ["HTTP", "EventLoop"],
            path: "Tests/TestSupport"
        ),

        // Tests mirror the modules name for name.
        tests(
            "SystemLibraryTests",
            [
                "COpenSSL", "CXXHash", "CYAML", "CHiredis", "CCurl", "CZLib", "CZstd", "CLLHTTP",
                "CSimdJSON",
            ]
        ),
        tests("RouteTableTests", ["RouteTable", "POSIX", "Cryptography"]),
        tests("RoutingTests", ["Routing", "RouteTable", "ProviderData", "JSON", "POSIX"]),
        tests("JSONTests", ["JSON", "TestSupport"]),
        tests("OpenAITests", ["OpenAI", "JSON", "TestSupport"]),
        tests("RateLimitsTests", ["RateLimits"]),
        tests("FleetTests", ["Fleet"]),
        tests("TelemetryTests", ["Telemetry", "JSON"]),
        tests("ResponseCacheTests", ["ResponseCache", "JSON", "TestSupport"]),
        tests("AWSTests", ["AWS", "Cryptography", "JSON", "TestSupport"], exclude: ["Fixtures"]),
        tests(
            "BedrockTests",
            ["Bedrock", "AWS", "OpenAI", "JSON", "TestSupport"],
            exclude: ["Fixtures"]
        ),
        tests("ProviderDataTests", ["ProviderData"]),
        tests("YAMLTests", ["YAML"]),
        tests("TemplateTests", ["Template", "YAML", "JSON"]),
        tests("DiscoveryTests", ["Discovery", "YAML"]),
        tests(
            "RouteConfigTests",
            ["RouteConfig", "YAML", "RouteTable", "ProviderData", "POSIX"],
            exclude: ["Fixtures"]
        ),
        tests(
            "TableCompilerTests",
            [
                "TableCompiler", "RouteConfig", "RouteTable", "Routing", "ProviderData",
                "Cryptography", "YAML", "TestSupport",
            ]
        ),
        tests("EventLoopTests", ["EventLoop", "POSIX", "TestSupport"]),
        tests(
            "RedisTests",
            ["Redis", "EventLoop", "JSON", "TestSupport", "CHiredis"]
        ),
        tests("HTTPTests", ["HTTP", "EventLoop", "TestSupport"]),
        tests(
            "UpstreamTests",
            ["Upstream", "HTTP", "EventLoop", "POSIX", "TestSupport"],
            exclude: ["Fixtures"]
        ),
        tests(
            "ProvidersTests",
            [
                "Providers", "AWS", "Bedrock", "OpenAI", "JSON", "Upstream", "Routing",
                "RouteTable",
                "ProviderData",
            ]
        ),
        tests(
            "ProxyTests",
            [
                "Proxy", "Providers", "AWS", "OpenAI", "JSON", "HTTP", "Upstream", "Redis",
                "EventLoop", "Routing", "RouteTable", "ProviderData", "Telemetry", "Cryptography",
                "POSIX", "TableCompiler", "RouteConfig", "TestSupport",
                logging,
            ]
        ),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// The fuzz targets, which only `scripts/fuzz` builds: with sanitizers, into a folder of their own.
if Context.environment["SIDEGATE_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "Bedrock", "AWS", "OpenAI", "JSON", "HTTP", "EventLoop", "RouteTable",
                "Cryptography", "YAML", "Template", "RouteConfig", "TableCompiler", "TestSupport",
            ],
            path: "Tests/Fuzz",
            exclude: ["Corpus", "Dictionaries"]
        )
    )
}

// What `scripts/bench` measures in a process of its own.
if Context.environment["SIDEGATE_BENCH"] != nil {
    package.targets.append(
        .executableTarget(
            name: "TableSpeed",
            dependencies: ["RouteTable", "POSIX"],
            path: "Tests/Speed"
        )
    )
}

// Every symbol is bound at the start, so that the whole table of their addresses is read-only
// afterwards (full RELRO).
for target in package.targets where target.type == .executable {
    target.linkerSettings = [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"])]
}

for target in package.targets where target.type != .system {
    var settings = target.swiftSettings ?? []
    settings += [
        .enableUpcomingFeature("ExistentialAny"),  // SE-0335
        .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
        .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
        .enableExperimentalFeature("Lifetimes"),  // spans that name their owner
        .treatAllWarnings(as: .error),  // SE-0443
    ]
    // Debug builds, and so all unit tests, check at run time that no two accesses to a class's
    // property overlap; a quarter of a request's instructions went there. See decision 0014.
    settings.append(
        .unsafeFlags(
            ["-enforce-exclusivity=unchecked", "-cross-module-optimization"],
            .when(configuration: .release)
        )
    )
    if target.type != .test {
        settings.append(.strictMemorySafety())  // SE-0458: every unsafe step says so
    }
    target.swiftSettings = settings
}
