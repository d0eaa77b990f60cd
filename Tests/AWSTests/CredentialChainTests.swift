import Testing

@testable import AWS

@Suite("The chain of credentials")
struct CredentialChainTests {
    private static let role = "arn:aws:iam::123456789012:role/r"
    private static let podRole = "arn:aws:iam::123456789012:role/pod"
    private static let sts = STSEndpoint(
        url: "https://sts.eu-west-1.amazonaws.com",
        region: "eu-west-1"
    )

    /// The source for settings, an environment and the two shared files.
    static func source(
        _ settings: CredentialChain.Settings = CredentialChain.Settings(),
        _ environment: [String: String] = [:],
        credentials: String = "",
        config: String = ""
    ) throws(CredentialFailure) -> CredentialSource {
        let files = SharedFiles(
            environment: { name in name == "HOME" ? "/app" : environment[name] },
            read: { path throws(CredentialFailure) in
                switch path {
                case "/app/.aws/credentials": Array(credentials.utf8)
                case "/app/.aws/config": Array(config.utf8)
                default: nil
                }
            }
        )
        let chain = CredentialChain(settings, files: files) { environment[$0] }
        let region: AWSRegion
        do throws(AWSEndpointError) {
            region = try AWSRegion("eu-west-1")
        } catch {
            throw CredentialFailure(.configuration, error.description)
        }
        return try chain.source(region: region)
    }

    private static func settings(
        _ change: (inout CredentialChain.Settings) -> Void
    ) -> CredentialChain.Settings {
        var settings = CredentialChain.Settings()
        change(&settings)
        return settings
    }

    private static let environmentKeys = [
        "AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s",
    ]
    private static let irsa = [
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": podRole,
    ]
    private static let podIdentity = [
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/pod-token",
    ]

    private static func webIdentity(
        _ role: String,
        _ token: TokenOrigin = .file("/token"),
        _ session: String = "sidegate"
    ) -> CredentialSource {
        .webIdentity(
            WebIdentityRole(roleARN: role, sessionName: session, token: token, endpoint: sts)
        )
    }

    private static func assumed(_ base: CredentialSource, session: String = "sidegate")
        -> CredentialSource
    {
        .role(AssumedRole(roleARN: role, sessionName: session, endpoint: sts), base: base)
    }

    private static let profileKeys = "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n"

    @Test("is asked in AWS's order: each source is passed over only when it is not configured")
    func order() throws {
        let all = Self.environmentKeys.merging(Self.irsa) { $1 }.merging(Self.podIdentity) { $1 }
        let keys = AWSCredential(accessKeyID: "OWN", secretAccessKey: "s")
        #expect(
            try Self.source(Self.settings { $0.keys = keys }, all, credentials: Self.profileKeys)
                == .keys(keys)
        )
        guard
            case .keys(let environment) = try Self.source(
                CredentialChain.Settings(),
                all,
                credentials: Self.profileKeys
            )
        else {
            Issue.record("not the environment's keys")
            return
        }
        #expect(environment.accessKeyID == "ENV")
        let withoutKeys = Self.irsa.merging(Self.podIdentity) { $1 }
        #expect(
            try Self.source(CredentialChain.Settings(), withoutKeys, credentials: Self.profileKeys)
                == Self.webIdentity(Self.podRole)
        )
        let profile = CredentialSource.profile(
            SharedProfile(
                name: "default",
                credentialsFile: "/app/.aws/credentials",
                configFile: "/app/.aws/config"
            )
        )
        #expect(
            try Self.source(
                CredentialChain.Settings(),
                Self.podIdentity,
                credentials: Self.profileKeys
            ) == profile
        )
        #expect(
            try Self.source(CredentialChain.Settings(), Self.podIdentity)
                == .container(
                    ContainerEndpoint(
                        url: "http://169.254.170.23/v1/credentials",
                        authorization: .file("/pod-token")
                    )
                )
        )
        #expect(
            try Self.source()
                == .instance(InstanceMetadata(url: "http://169.254.169.254"))
        )
        let off = try #require(throws: CredentialFailure.self) {
            try Self.source(
                CredentialChain.Settings(),
                ["AWS_EC2_METADATA_DISABLED": "TRUE"]
            )
        }
        #expect(off.text.hasPrefix("no credentials: "))
    }

    @Test("takes a profile of the settings before the environment's keys")
    func settingsProfile() throws {
        let source = try Self.source(
            Self.settings { $0.profile = "team" },
            Self.environmentKeys,
            credentials: "[team]\naws_access_key_id=T\naws_secret_access_key=s"
        )
        guard case .profile(let profile) = source else {
            Issue.record("\(source)")
            return
        }
        #expect(profile.name == "team")
    }

    @Test("makes one call where the pod's token opens the very role")
    func sameRole() throws {
        let same = Self.settings {
            $0.role = Self.podRole
            $0.sessionName = "team-a"
        }
        #expect(
            try Self.source(same, Self.irsa)
                == Self.webIdentity(Self.podRole, .file("/token"), "team-a")
        )
        let other = Self.settings { $0.role = Self.role }
        #expect(try Self.source(other, Self.irsa) == Self.assumed(Self.webIdentity(Self.podRole)))
        guard
            case .role(_, base: .keys) = try Self.source(
                same,
                Self.irsa.merging(Self.environmentKeys) { $1 }
            )
        else {
            Issue.record("the environment's keys go before the pod's token")
            return
        }
    }

    @Test("takes a token of the settings for a token or for a file")
    func ownToken() throws {
        let text = Self.settings {
            $0.webIdentityToken = "eyJ.a.b"
            $0.role = Self.role
            $0.sessionName = "app"
        }
        #expect(try Self.source(text) == Self.webIdentity(Self.role, .text("eyJ.a.b"), "app"))
        let file = Self.settings {
            $0.webIdentityToken = "/var/run/token"
            $0.role = Self.role
        }
        #expect(try Self.source(file) == Self.webIdentity(Self.role, .file("/var/run/token")))
    }

    @Test("names sessions after the pod, unless told otherwise")
    func sessions() throws {
        let settings = Self.settings { $0.role = Self.role }
        let cases: [([String: String], String)] = [
            (["HOSTNAME": "web-7f9c_x!"], "sidegate-web-7f9c_x"),
            (
                ["HOSTNAME": String(repeating: "h", count: 99)],
                "sidegate-" + String(repeating: "h", count: 55)
            ),
            (["AWS_ROLE_SESSION_NAME": "mine"], "mine"),
        ]
        for (environment, name) in cases {
            let merged = Self.environmentKeys.merging(environment) { $1 }
            guard case .role(let assumed, _) = try Self.source(settings, merged) else {
                Issue.record("no role")
                continue
            }
            #expect(assumed.sessionName == name)
        }
        #expect(throws: CredentialFailure.self) {
            try Self.source(
                Self.settings {
                    $0.role = Self.role
                    $0.sessionName = "a b"
                },
                Self.environmentKeys
            )
        }
    }

    @Test(
        "asks the STS of the region, or the one that is given",
        arguments: [
            (nil, [:], "https://sts.eu-west-1.amazonaws.com", "eu-west-1"),
            (nil, ["AWS_ENDPOINT_URL_STS": "http://sts:1"], "http://sts:1", "eu-west-1"),
            (nil, ["AWS_ENDPOINT_URL": "http://all:1/"], "http://all:1", "eu-west-1"),
            (
                nil,
                [
                    "AWS_ENDPOINT_URL": "http://all:1",
                    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
                ], "https://sts.eu-west-1.amazonaws.com", "eu-west-1"
            ),
            (
                "https://sts.us-west-2.amazonaws.com", [:],
                "https://sts.us-west-2.amazonaws.com", "us-west-2"
            ),
            (
                "https://sts.amazonaws.com", ["AWS_ENDPOINT_URL_STS": "http://sts:1"],
                "https://sts.amazonaws.com", "us-east-1"
            ),
            (
                nil, ["AWS_USE_FIPS_ENDPOINT": "true"],
                "https://sts-fips.eu-west-1.amazonaws.com", "eu-west-1"
            ),
        ] as [(String?, [String: String], String, String)]
    )
    func endpoints(given: String?, environment: [String: String], url: String, region: String)
        throws
    {
        let settings = Self.settings {
            $0.role = Self.role
            $0.stsEndpoint = given
        }
        let merged = Self.environmentKeys.merging(environment) { $1 }
        guard case .role(let assumed, _) = try Self.source(settings, merged) else {
            Issue.record("no role")
            return
        }
        #expect(assumed.endpoint == STSEndpoint(url: url, region: region))
    }

    @Test(
        "refuses what is configured by half or leads to where it must not",
        arguments: [
            (["AWS_ACCESS_KEY_ID": "a"], "AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY"),
            (
                ["AWS_SECRET_ACCESS_KEY": "a"],
                "AWS_SECRET_ACCESS_KEY is set without AWS_ACCESS_KEY_ID"
            ),
            (
                ["AWS_WEB_IDENTITY_TOKEN_FILE": "/t"],
                "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN"
            ),
            (
                ["AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "admin"],
                "admin is no role's ARN"
            ),
            (["AWS_PROFILE": "gone"], "profile gone is neither in"),
            (
                ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://10.0.0.1/c"],
                "AWS_CONTAINER_CREDENTIALS_FULL_URI leads to 10.0.0.1 by plain HTTP"
            ),
            (
                ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1.example.com/c"],
                "AWS_CONTAINER_CREDENTIALS_FULL_URI leads to"
            ),
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "ftp://h"], "AWS_CONTAINER_CREDENTIALS"),
            (["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "5"], "AWS_EC2_METADATA_SERVICE_ENDPOINT"),
            (["AWS_METADATA_SERVICE_TIMEOUT": "0"], "AWS_METADATA_SERVICE_TIMEOUT is not a number"),
            (
                environmentKeys.merging(["AWS_CREDENTIAL_EXPIRATION": "soon"]) { $1 },
                "AWS_CREDENTIAL_EXPIRATION is no date"
            ),
        ] as [([String: String], String)]
    )
    func refused(environment: [String: String], text: String) throws {
        let failure = try #require(throws: CredentialFailure.self) {
            try Self.source(CredentialChain.Settings(), environment)
        }
        #expect(failure.text.hasPrefix(text))
        #expect(failure.cause == .configuration)
    }

    @Test(
        "lets the container's endpoint be on this machine, or anywhere by https",
        arguments: [
            "http://localhost:1/c", "http://127.9.9.9/c", "http://[::1]:8/c",
            "http://[fd00:ec2::23]/v1/credentials", "https://vault.example.com/c?x=1",
        ]
    )
    func containers(url: String) throws {
        let source = try Self.source(
            CredentialChain.Settings(),
            ["AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t"]
        )
        #expect(source == .container(ContainerEndpoint(url: url, authorization: .text("t"))))
    }

    @Test("prefers ECS's own address, and reads how the metadata service is to be asked")
    func ambient() throws {
        let container = try Self.source(
            CredentialChain.Settings(),
            Self.podIdentity.merging(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"]) { $1 }
        )
        guard case .container(let endpoint) = container else {
            Issue.record("\(container)")
            return
        }
        #expect(endpoint.url == "http://169.254.170.2/v2/x")
        let instance = try Self.source(
            CredentialChain.Settings(),
            [
                "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6",
                "AWS_METADATA_SERVICE_TIMEOUT": "3", "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "2",
            ]
        )
        #expect(
            instance
                == .instance(
                    InstanceMetadata(url: "http://[fd00:ec2::254]", timeoutMS: 3_000, attempts: 2)
                )
        )
    }
}
