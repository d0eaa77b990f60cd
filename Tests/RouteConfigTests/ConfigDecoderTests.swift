import RouteConfig
import RouteTable
import Testing

@Suite("Decoding a configuration")
struct ConfigDecoderTests {
    @Test("reads a deployment: model, base, key, limits, prices, defaults")
    func deployment() throws {
        let decoded = Decoded(
            """
            model_list:
              - model_name: big
                litellm_params:
                  model: hosted_vllm/Qwen/Qwen3-32B
                  api_base: http://gpu-a:8000/v1
                  api_key: os.environ/VLLM_KEY
                  timeout: "60"
                  stream_timeout: 2.5
                  rpm: "120"
                  weight: 2
                  order: 1
                  tags: [a, b]
                  input_cost_per_token: 3e-06
                  output_cost_per_token: 0.000015
                  input_cost_per_second: 0.0001
                  temperature: 0.7
                  stop: ["a\\"b"]
                  extra_headers: {X-A: os.environ/A, Authorization: secret}
                  extra_body: {top_k: 20}
                model_info: {id: 1001, mode: chat, max_tokens: 8192, tier: gold}
            """
        )
        #expect(decoded.reported == [])
        let deployment = try #require(decoded.config.deployments.first)
        #expect(deployment.modelName.value == "big")
        #expect(deployment.model.value == .literal("hosted_vllm/Qwen/Qwen3-32B"))
        #expect(deployment.apiBase == .literal("http://gpu-a:8000/v1"))
        #expect(
            deployment.credential
                == [
                    .apiKey: .text(
                        .reference(Reference(kind: .environment, name: "VLLM_KEY", isSecret: true))
                    )
                ]
        )
        #expect(deployment.weight == 2)
        #expect(deployment.order == 1)
        #expect(deployment.id?.value == "1001")
        let expected: ParameterSet = [
            .timeoutMS: .integer(60_000), .streamTimeoutMS: .integer(2500),
            .requestsPerMinute: .integer(120), .tags: .list([.literal("a"), .literal("b")]),
            .inputPrice: .integer(3_000_000), .outputPrice: .integer(15_000_000),
            .otherPrices: .json([.literal("{\"input_cost_per_second\":0.0001}")]),
            .defaultParameters: .json([.literal("\"temperature\":0.7,\"stop\":[\"a\\\"b\"]")]),
            .extraHeaders: .list([
                .literal("X-A"),
                .reference(Reference(kind: .environment, name: "A", isSecret: false)),
                .literal("Authorization"), .secret("secret"),
            ]),
            .extraBody: .json([.literal("\"top_k\":20")]),
            .mode: .text(.literal("chat")), .maxTokens: .integer(8192),
            .modelInfo: .json([
                .literal("{\"mode\":\"chat\",\"max_tokens\":8192,\"tier\":\"gold\"}")
            ]),
        ]
        #expect(deployment.parameters == expected)
    }

    @Test("takes file references, and references where a number is wanted")
    func references() throws {
        let decoded = Decoded(
            """
            model_list:
              - model_name: a
                litellm_params:
                  {model: openai/a, api_key: "file:///run/secrets/k", rpm: os.environ/RPM}
            """
        )
        let deployment = try #require(decoded.config.deployments.first)
        #expect(
            deployment.credential[.apiKey]
                == .text(.reference(Reference(kind: .file, name: "/run/secrets/k", isSecret: true)))
        )
        #expect(
            deployment.parameters[.requestsPerMinute]
                == .text(.reference(Reference(kind: .environment, name: "RPM", isSecret: false)))
        )
        #expect(decoded.reported == [])
    }

    @Test("makes one deployment of each organization")
    func organizations() {
        let decoded = Decoded(
            "model_list: [{model_name: a, litellm_params: {model: openai/a, organization: [x, y]}}]"
        )
        let found = decoded.config.deployments
        #expect(
            found.map { $0.credential[.organization] }
                == [.text(.literal("x")), .text(.literal("y"))]
        )
        #expect(
            found.map(\.identity)
                == ["amodelopenai/aorganizationx", "amodelopenai/aorganizationy"]
        )
    }

    @Test("joins the lists of included files, overwrites the rest, reads a file once")
    func include() {
        let decoded = Decoded(files: [
            (
                "conf/root.yaml",
                """
                include: [parts/a.yaml, ./parts/../parts/a.yaml]
                model_list: [{model_name: one, litellm_params: {model: openai/one}}]
                router_settings: {num_retries: 1, timeout: 5}
                """
            ),
            (
                "conf/parts/a.yaml",
                """
                include: [b.yaml, ../root.yaml]
                model_list: [{model_name: two, litellm_params: {model: openai/two}}]
                router_settings: {num_retries: 7}
                """
            ),
            (
                "conf/parts/b.yaml",
                "model_list: [{model_name: three, litellm_params: {model: openai/3}}]"
            ),
        ])
        #expect(decoded.reported == [])
        #expect(decoded.config.deployments.map(\.modelName.value) == ["one", "two", "three"])
        #expect(decoded.config.settings == [.numRetries: .integer(7)])
    }

    @Test("merges several files as include does, and reports one that is missing")
    func severalFiles() {
        let texts = [
            ("a.yaml", "router_settings: {timeout: 5}\ninclude: gone.yaml"),
            ("b.yaml", "router_settings: {num_retries: 2}"),
        ]
        let decoded = Decoded(files: texts, load: ["a.yaml", "b.yaml"])
        #expect(decoded.config.settings == [.numRetries: .integer(2)])
        #expect(decoded.reported == ["error SG0010 2:10"])
    }

    @Test("lets router_settings win over litellm_settings")
    func precedence() {
        let decoded = Decoded(
            """
            router_settings: {num_retries: 1, fallbacks: [{a: [b]}]}
            litellm_settings: {num_retries: 5, request_timeout: 30, fallbacks: [{c: [d]}]}
            """
        )
        #expect(
            decoded.config.settings
                == [.numRetries: .integer(1), .requestTimeoutMS: .integer(30_000)]
        )
        #expect(
            decoded.config.fallbacks.map(\.value)
                == [FallbackRule(trigger: .anyFailure, model: "a", targets: ["b"])]
        )
    }

    @Test("reads aliases in all three forms")
    func aliases() {
        let decoded = Decoded(
            "router_settings: {model_group_alias: {a: x, b: {model: y, hidden: true}, c: [x, y]}}"
        )
        #expect(
            decoded.config.aliases.map(\.value) == [
                Alias(name: "a", targets: ["x"]), Alias(name: "b", targets: ["y"], isHidden: true),
                Alias(name: "c", targets: ["x", "y"]),
            ]
        )
    }

    @Test("keeps connection secrets of Redis apart from the JSON around them")
    func redis() {
        let decoded = Decoded(
            "router_settings: {redis_host: h, redis_password: hunter22, redis_port: os.environ/P}"
        )
        #expect(
            decoded.config.settings[.redis]
                == .json([
                    .literal("{\"host\":\"h\",\"password\":"), .secret("\"hunter22\""),
                    .literal(",\"port\":"),
                    .reference(Reference(kind: .environment, name: "P", isSecret: false)),
                    .literal("}"),
                ])
        )
        #expect(decoded.reported == ["warning SG0030 1:50"])
    }

    @Test("knows all that docs/redis.md says of a connection")
    func redisNames() {
        let decoded = Decoded(
            "router_settings: {redis_host: h, redis_username: u, redis_ssl: true, "
                + "redis_ssl_ca_certs: /c, redis_ssl_ca_path: /d, redis_ssl_certfile: /e, "
                + "redis_ssl_keyfile: /f, redis_ssl_cert_reqs: none, "
                + "redis_ssl_check_hostname: false, redis_client_name: n, "
                + "redis_socket_timeout: 1, redis_socket_connect_timeout: 2, "
                + "redis_unix_socket_path: /g, redis_startup_nodes: [{host: i, port: 1}]}"
        )
        let members = [
            #""host":"h""#, #""username":"u""#, #""ssl":true"#, #""ssl_ca_certs":"/c""#,
            #""ssl_ca_path":"/d""#, #""ssl_certfile":"/e""#, #""ssl_keyfile":"/f""#,
            #""ssl_cert_reqs":"none""#, #""ssl_check_hostname":false"#, #""client_name":"n""#,
            #""socket_timeout":1"#, #""socket_connect_timeout":2"#, #""unix_socket_path":"/g""#,
            #""startup_nodes":[{"host":"i","port":1}]"#,
        ]
        let wanted = "{" + members.joined(separator: ",") + "}"
        #expect(decoded.config.settings[.redis] == .json([.literal(wanted)]))
        #expect(decoded.reported == [])
    }

    @Test(
        "finds the configuration in a ConfigMap and in Helm values, with marks of the outer file",
        arguments: [
            (
                "kind: ConfigMap\ndata:\n  c.yaml: |\n    model_list:\n      - model_name: 5\n"
                    + "        litellm_params: {model: a}\n",
                "error SG0022 5:21"
            ),
            (
                "a: 1\n---\nreplicaCount: 1\nproxy_config:\n  model_list:\n    - model_name: 5\n"
                    + "      litellm_params: {model: a}\n",
                "error SG0022 6:19"
            ),
        ]
    )
    func embedded(text: String, reported: String) {
        #expect(Decoded(text).reported.contains(reported))
    }
}
