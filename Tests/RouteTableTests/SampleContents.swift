@testable import RouteTable

/// Contents for tests: one that has everything, and ones of chance.
enum SampleContents {
    /// One of everything, sorted as the writer sorts.
    static let rich: TableContents = {
        var contents = TableContents()
        contents.generation = 42
        contents.settings = [
            .strategy: .text(.literal("simple-shuffle")),
            .masterKeyDigest: .digest([UInt8](repeating: 7, count: 32)),
            .requireAuthForMetrics: .bool(true),
            .requestTimeoutMS: .integer(600_000),
            .redis: .json([
                .literal(#"{"host":"#), .reference(redisHost), .literal(#","port":6379}"#),
            ]),
        ]
        contents.credentials = [
            Credential(name: "shared", parameters: [.apiKey: .text(.reference(key))]),
            Credential(parameters: [.apiKey: .text(.secret("sk-literal"))]),
        ]
        contents.models = [
            Model(
                name: "*",
                deployments: [
                    Deployment(
                        id: .derived(0xFEDC_BA98_7654_3210),
                        provider: 7,
                        upstreamModel: .literal("*")
                    )
                ]
            ),
            Model(
                name: "llama",
                parameters: [.isHidden: .bool(false)],
                deployments: [
                    Deployment(
                        id: .explicit("blue"),
                        provider: 3,
                        upstreamModel: .literal("meta/Llama-3"),
                        apiBase: .literal("http://blue:8000/v1"),
                        credential: 0,
                        weight: 1500,
                        order: 1,
                        parameters: [.timeoutMS: .integer(-5), .inputPrice: .number(0.5)]
                    ),
                    Deployment(
                        id: .derived(0x0123_4567_89AB_CDEF),
                        provider: 0,
                        upstreamModel: .reference(model),
                        apiBase: .reference(base),
                        credential: 1,
                        weight: 0,
                        order: -32_768,
                        parameters: [
                            .tags: .list([.literal("a"), .literal("b"), .literal("a")]),
                            .extraHeaders: .list([.literal("X-Key"), .reference(key)]),
                            .defaultParameters: .json([.literal(#""top_k":5"#)]),
                        ]
                    ),
                ]
            ),
            Model(name: "openai/*", deployments: []),
        ]
        contents.aliases = [
            Alias(name: "best", targets: ["llama", "openai/gpt-4o"]),
            Alias(name: "secret-name", targets: ["llama"], isHidden: true),
        ]
        contents.virtualKeys = [
            VirtualKey(
                digest: [UInt8](0..<32),
                parameters: [.keyModels: .list([.literal("llama")])]
            ),
            VirtualKey(digest: [UInt8](repeating: 0xAB, count: 32)),
        ]
        contents.fallbacks = [
            FallbackRule(trigger: .anyFailure, model: "*", targets: ["best"]),
            FallbackRule(trigger: .anyFailure, model: "llama", targets: ["openai/x", "best"]),
            FallbackRule(trigger: .contextWindow, model: "llama", targets: ["long"]),
        ]
        contents.environment = [
            EnvironmentVariable(name: "Z_FIRST", value: .literal("1")),
            EnvironmentVariable(name: "A_SECOND", value: .reference(key)),
        ]
        return contents
    }()

    static let key = Reference(
        kind: .environment,
        name: "UPSTREAM_KEY",
        isSecret: true,
        isRequired: true
    )
    static let redisHost = Reference(kind: .environment, name: "REDIS_HOST", isSecret: false)
    static let model = Reference(kind: .environment, name: "MODEL", isSecret: false)
    static let base = Reference(kind: .file, name: "/etc/base", isSecret: false)

    /// As large as asked, in the shape of real configurations: three deployments a model, with
    /// explicit identifiers, their own hosts and shared parameters.
    static func realistic(deployments: Int) -> TableContents {
        var contents = TableContents()
        for index in 0..<32 {
            let key = Reference(kind: .environment, name: "KEY_\(index)", isSecret: true)
            contents.credentials.append(
                Credential(name: "team-\(index)", parameters: [.apiKey: .text(.reference(key))])
            )
        }
        for index in 0..<(deployments + 2) / 3 {
            var model = Model(name: "team-\(index % 40)/llama-3.3-70b-instruct-\(index)")
            for replica in 0..<min(3, deployments - index * 3) {
                let id = UInt64(index * 3 + replica) &* 0x9E37_79B9_7F4A_7C15
                let host = "http://vllm-\(index)-\(replica).models.svc:8000/v1"
                model.deployments.append(
                    Deployment(
                        id: .derived(id),
                        provider: 3,
                        upstreamModel: .literal("meta-llama/Llama-3.3-70B-Instruct"),
                        apiBase: .literal(host),
                        credential: index % 32,
                        parameters: [
                            .timeoutMS: .integer(60_000 + Int64(index % 10) * 1000),
                            .requestsPerMinute: .integer(Int64(index % 7) * 100),
                            .tokensPerMinute: .integer(1_000_000),
                        ]
                    )
                )
            }
            contents.models.append(model)
        }
        return contents
    }
}
