import Testing

@testable import AWS

@Suite("Corners of the chain of credentials")
struct CredentialCornerTests {
    private static let role = "arn:aws:iam::123456789012:role/r"
    private static let keys = ["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s"]
    private static let container = [
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"
    ]

    private static func token(
        _ text: String,
        _ environment: [String: String] = [:]
    ) throws -> TokenOrigin? {
        var settings = CredentialChain.Settings()
        settings.webIdentityToken = text
        settings.role = role
        let source = try CredentialChainTests.source(settings, environment)
        guard case .webIdentity(let identity) = source else { return nil }
        return identity.token
    }

    @Test(
        "find a token where LiteLLM's words say that it is",
        arguments: [
            ("eyJ.a.b", .text("eyJ.a.b")), ("/var/run/token", .file("/var/run/token")),
            ("oidc/file/var/run/token", .file("/var/run/token")),
            ("oidc/file//var/run/token", .file("/var/run/token")),
            ("oidc/env/TOKEN", .text("eyJ.c.d")), ("oidc/env_path/PLACE", .file("/place")),
        ] as [(String, TokenOrigin)]
    )
    func tokens(text: String, origin: TokenOrigin) throws {
        #expect(try Self.token(text, ["TOKEN": "eyJ.c.d\n", "PLACE": "/place"]) == origin)
    }

    @Test(
        "say why a token is not to be had",
        arguments: [
            ("oidc/env/TOKEN", "aws_web_identity_token: TOKEN is not set"),
            ("oidc/google/aud", "aws_web_identity_token: oidc/google is not asked for tokens"),
            ("oidc/github/aud", "aws_web_identity_token: oidc/github is not asked for tokens"),
        ]
    )
    func noTokens(text: String, reason: String) throws {
        let failure = try #require(throws: CredentialFailure.self) { try Self.token(text) }
        #expect(failure.cause == .configuration && failure.text.hasPrefix(reason))
    }

    @Test(
        "ask the global STS where the old way is wanted and the region knows it",
        arguments: [
            ("eu-west-1", ["AWS_STS_REGIONAL_ENDPOINTS": "legacy"], "https://sts.amazonaws.com"),
            (
                "eu-west-1", ["AWS_STS_REGIONAL_ENDPOINTS": "regional"],
                "https://sts.eu-west-1.amazonaws.com"
            ),
            (
                "eu-south-1", ["AWS_STS_REGIONAL_ENDPOINTS": "legacy"],
                "https://sts.eu-south-1.amazonaws.com"
            ),
            (
                "us-east-1",
                ["AWS_STS_REGIONAL_ENDPOINTS": "legacy", "AWS_USE_FIPS_ENDPOINT": "true"],
                "https://sts-fips.us-east-1.amazonaws.com"
            ),
            ("cn-north-1", [:], "https://sts.cn-north-1.amazonaws.com.cn"),
        ] as [(String, [String: String], String)]
    )
    func legacySTS(region: String, environment: [String: String], url: String) throws {
        let settings = RoleSettings(region: try AWSRegion(region), endpoint: nil) {
            environment[$0]
        }
        let endpoint = try settings.assumed(Self.role, sessionName: nil).endpoint
        let isGlobal = url == "https://sts.amazonaws.com"
        #expect(endpoint == STSEndpoint(url: url, region: isGlobal ? "us-east-1" : region))
    }

    // MARK: - Files that cannot be read

    private static let unreadable = CredentialFailure(.configuration, "cannot read /app/x")

    private static func source(
        _ environment: [String: String],
        profile: String? = nil,
        keys: AWSCredential? = nil
    ) throws(CredentialFailure) -> CredentialSource {
        let files = SharedFiles(environment: { environment[$0] }) { _ throws(CredentialFailure) in
            throw unreadable
        }
        var settings = CredentialChain.Settings()
        settings.profile = profile
        settings.keys = keys
        return try CredentialChain(settings, files: files) { environment[$0] }.source(region: nil)
    }

    @Test("heed files that cannot be read only where something of them is wanted")
    func unreadableFiles() throws {
        let own = AWSCredential(accessKeyID: "OWN", secretAccessKey: "s")
        #expect(try Self.source([:], keys: own) == .keys(own))
        #expect(throws: Never.self) { try Self.source(Self.keys) }
        guard case .container = try Self.source(Self.container) else {
            Issue.record("not the container's endpoint")
            return
        }
        #expect(throws: Self.unreadable) { try Self.source([:]) }
        #expect(throws: Self.unreadable) { try Self.source(Self.container, profile: "p") }
        for named in ["AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"] {
            #expect(throws: Self.unreadable) {
                try Self.source(Self.container.merging([named: "/x"]) { $1 })
            }
        }
    }

    // MARK: - What ends up in headers

    @Test("cut a line's end off variables, and refuse one within")
    func variables() throws {
        let ended = Self.keys.mapValues { $0 + "\n" }
        #expect(
            try CredentialChainTests.source(CredentialChain.Settings(), ended)
                == .keys(AWSCredential(accessKeyID: "ENV", secretAccessKey: "s"))
        )
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            let failure = try #require(throws: CredentialFailure.self) {
                try CredentialChainTests.source(
                    CredentialChain.Settings(),
                    Self.keys.merging([name: "a\r\nx: y"]) { $1 }
                )
            }
            #expect(failure.text.contains("characters that no key has"))
        }
    }

    @Test("take the container's token with a scheme before it, and none with line ends")
    func containerTokens() throws {
        func source(_ token: String) throws(CredentialFailure) -> CredentialSource {
            let environment = ["AWS_CONTAINER_AUTHORIZATION_TOKEN": token]
            return try CredentialChainTests.source(
                CredentialChain.Settings(),
                Self.container.merging(environment) { $1 }
            )
        }
        guard case .container(let endpoint) = try source("Basic YQ==\n") else {
            Issue.record("not the container's endpoint")
            return
        }
        #expect(endpoint.authorization == .text("Basic YQ=="))
        let failure = try #require(throws: CredentialFailure.self) { try source("a\r\nx: y") }
        #expect(failure.text.contains("AWS_CONTAINER_AUTHORIZATION_TOKEN"))
        #expect(!failure.text.contains("x: y"))
    }

    @Test("name the variable that leads nowhere")
    func relative() throws {
        let failure = try #require(throws: CredentialFailure.self) {
            try CredentialChainTests.source(
                CredentialChain.Settings(),
                ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/a b"]
            )
        }
        #expect(failure.text.hasPrefix("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"))
    }

    @Test("believe no answer whose keys could not stand in a header")
    func answers() {
        let json = #"{"AccessKeyId":"A\r\nx: y","SecretAccessKey":"s","Token":"t"}"#
        #expect(throws: CredentialFailure.self) {
            try ContainerCall.credential(status: 200, body: Array(json.utf8))
        }
        let xml = """
            <a><AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
            <SessionToken>t&#10;x: y</SessionToken>
            <Expiration>2025-01-15T13:34:56Z</Expiration></a>
            """
        #expect(throws: CredentialFailure.self) {
            try STSCall.credential(
                status: 200,
                body: Array(xml.utf8),
                role: Self.role,
                isSigned: true
            )
        }
    }
}
