import AWS
import Bedrock
import RouteTable
import Testing
import Upstream

@testable import Providers

@Suite("A deployment on Bedrock")
struct BedrockDeploymentTests {
    private typealias Identity = BedrockSettings.Identity

    private static let region = ["AWS_REGION": "eu-west-1"]
    private static let ownKeys: ParameterSet = [
        .awsAccessKeyID: .text(.literal("OWN")), .awsSecretAccessKey: .text(.literal("s")),
    ]
    private static let environmentKeys = [
        "AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "e", "AWS_SESSION_TOKEN": "t",
    ]

    private func prepared(
        _ parameters: ParameterSet,
        _ environment: [String: String],
        model: String = "anthropic.claude-3-haiku-20240307-v1:0"
    ) throws -> ResolvedDeployment {
        try Prepared(
            .of("bedrock", model, parameters),
            environment: BedrockDeploymentTests.region.merging(environment) { $1 }
        ).deployment
    }

    @Test("uses its own key, then its settings, then the environment's token, then its keys")
    func precedence() throws {
        let bearer = ["AWS_BEARER_TOKEN_BEDROCK": "token"]
        let all = BedrockDeploymentTests.environmentKeys.merging(bearer) { $1 }
        let keys = BedrockDeploymentTests.ownKeys
        let withKey = keys.merging([.apiKey: .text(.literal("own"))]) { $1 }
        #expect(try prepared(withKey, all).bedrock?.identity == .bearer("own"))
        #expect(
            try prepared(keys, all).bedrock?.identity
                == .keys(AWSCredential(accessKeyID: "OWN", secretAccessKey: "s"))
        )
        #expect(try prepared([:], all).bedrock?.identity == .bearer("token"))
        #expect(
            try prepared([:], BedrockDeploymentTests.environmentKeys).bedrock?.identity
                == .keys(
                    AWSCredential(
                        accessKeyID: "ENV",
                        secretAccessKey: "e",
                        sessionToken: "t"
                    )
                )
        )
    }

    @Test(
        "says what is missing",
        arguments: [
            (.awsRole, "x is no role's ARN"),
            (.awsWebIdentityToken, "aws_web_identity_token needs aws_role_name"),
            (.awsProfile, "profile x is neither in"),
            (.awsAccessKeyID, "aws_access_key_id is set without aws_secret_access_key"),
            (.region, "no credentials"),
        ] as [(ParameterKey, String)]
    )
    func problems(key: ParameterKey, problem: String) throws {
        let deployment = try prepared(
            [key: .text(.literal("x"))],
            ["AWS_EC2_METADATA_DISABLED": "true"]
        )
        guard case .invalid(let text) = deployment.readiness else {
            Issue.record("\(deployment.readiness)")
            return
        }
        #expect(text.hasPrefix(problem))
        #expect(deployment.bedrock == nil && deployment.origin == nil)
    }

    @Test("has the instance's metadata where nothing else is configured")
    func metadata() throws {
        #expect(
            try prepared([:], [:]).bedrock?.identity
                == .source(.instance(InstanceMetadata(url: "http://169.254.169.254")))
        )
    }

    @Test("assumes its role with what the pod has, and never with the pod's bearer token")
    func roles() throws {
        let role = "arn:aws:iam::123456789012:role/bedrock"
        let deployment = try prepared(
            [
                .awsRole: .text(.literal(role)), .awsSessionName: .text(.literal("team-a")),
                .awsExternalID: .text(.literal("outside")),
            ],
            BedrockDeploymentTests.environmentKeys.merging(["AWS_BEARER_TOKEN_BEDROCK": "b"]) { $1 }
        )
        let assumed = AssumedRole(
            roleARN: role,
            sessionName: "team-a",
            externalID: "outside",
            endpoint: STSEndpoint(url: "https://sts.eu-west-1.amazonaws.com", region: "eu-west-1")
        )
        let keys = AWSCredential(accessKeyID: "ENV", secretAccessKey: "e", sessionToken: "t")
        #expect(deployment.bedrock?.identity == .source(.role(assumed, base: .keys(keys))))
    }

    @Test("makes up turns where the table says modify_params")
    func modifyParams() throws {
        let keys = BedrockDeploymentTests.ownKeys
        for isOn in [true, false] {
            let deployment = try Prepared(
                .of("bedrock", "anthropic.claude-3-haiku-20240307-v1:0", keys),
                settings: [.modifyParams: .bool(isOn)],
                environment: BedrockDeploymentTests.region
            ).deployment
            let bedrock = try #require(deployment.bedrock)
            let options = deployment.converseOptions(bedrock, model: "m", controls: nil)
            #expect(options.modifyParams == isOn)
        }
    }

    @Test("guesses no region")
    func noRegion() throws {
        let deployment = try prepared(BedrockDeploymentTests.ownKeys, ["AWS_REGION": ""])
        #expect(
            deployment.readiness
                == .invalid("no AWS region is set; set aws_region_name or AWS_REGION")
        )
    }

    @Test("has the path of each operation and model, asked for by turns")
    func paths() throws {
        let bedrock = try prepared(BedrockDeploymentTests.ownKeys, [:]).bedrock
        for _ in 0..<2 {
            #expect(bedrock?.path(.converse, model: "m:0") == "/model/m%3A0/converse")
            #expect(bedrock?.path(.converse, model: "n") == "/model/n/converse")
            #expect(bedrock?.path(.converseStream, model: "n") == "/model/n/converse-stream")
            #expect(bedrock?.path(.converse, model: "..") == nil)
        }
    }

    @Test("has the region's host, or the endpoint that it is given")
    func endpoints() throws {
        let keys = BedrockDeploymentTests.ownKeys
        let usual = try prepared(keys, [:])
        #expect(usual.readiness == .ready)
        #expect(usual.shownBase == "https://bedrock-runtime.eu-west-1.amazonaws.com")
        #expect(
            usual.bedrock?.path(.converse, model: "converse/us-west-2/a.b-v1:0")
                == "/model/a.b-v1%3A0/converse"
        )
        let endpoint: ParameterSet = [.awsBedrockEndpoint: .text(.literal("http://h:8/x/"))]
        let given = try prepared(keys.merging(endpoint) { $1 }, [:])
        #expect(given.origin?.description == "http://h:8")
        #expect(given.bedrock?.path(.invoke, model: "m") == "/x/model/m/invoke")
        #expect(given.bedrock?.scope == SigningScope(region: "eu-west-1", service: "bedrock"))
    }

    @Test("sends a client's own base none of the table's credentials")
    func clients() throws {
        let deployment = try prepared(BedrockDeploymentTests.ownKeys, [:])
        let elsewhere = deployment.variant(
            client: ClientCredentials(apiKey: nil, base: "http://other")
        )
        #expect(elsewhere.bedrock == nil)
        let own = deployment.variant(
            client: ClientCredentials(apiKey: "mine", base: "http://other")
        )
        #expect(own.bedrock?.identity == .bearer("mine"))
        #expect(own.origin?.description == "http://other")
    }

    // MARK: - Patterns

    private static let arn =
        "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abc"

    private func target(
        _ requested: String,
        _ parameters: ParameterSet = [:],
        _ environment: [String: String] = [:]
    ) throws -> ResolvedDeployment {
        let prepared = try Prepared(
            .of("bedrock", "*", parameters),
            model: "bedrock/*",
            environment: BedrockDeploymentTests.environmentKeys.merging(environment) { $1 }
        )
        #expect(prepared.deployment.readiness == .ready)
        return try #require(try prepared.target("bedrock/" + requested)).deployment
    }

    @Test("of a pattern is in the region that the requested ARN says, unless its settings say one")
    func patterns() throws {
        let region = BedrockDeploymentTests.region
        let arn = BedrockDeploymentTests.arn
        for environment in [region, [:]] {
            let bedrock = try #require(try target(arn, [:], environment).bedrock)
            #expect(bedrock.scope.region == "eu-central-1")
            #expect(
                bedrock.base.origin.host == "bedrock-runtime.eu-central-1.amazonaws.com"
            )
        }
        let own: ParameterSet = [.awsRegion: .text(.literal("us-west-2"))]
        #expect(try target(arn, own, region).bedrock?.scope.region == "us-west-2")
        #expect(
            try target("amazon.nova-lite-v1:0", [:], region).bedrock?.scope.region == "eu-west-1"
        )
    }

    @Test("of a pattern without any region refuses a model that says none")
    func patternWithoutRegion() throws {
        let deployment = try target("amazon.nova-lite-v1:0")
        guard case .invalid(let text) = deployment.readiness else {
            Issue.record("\(deployment.readiness)")
            return
        }
        #expect(text.contains("no AWS region"))
    }

    @Test("has no line breaks in what it sends in header fields")
    func lineBreaks() throws {
        let own = try prepared(BedrockDeploymentTests.ownKeys, [:]).variant(
            client: ClientCredentials(apiKey: "mine\r\nx-more: yes", base: nil)
        )
        #expect(own.bedrock?.identity == .bearer("mine  x-more: yes"))
        let credential = AWSCredential(
            accessKeyID: "A\nB",
            secretAccessKey: "s",
            sessionToken: "t\r\nx-more: yes\u{7F}"
        )
        #expect(credential.accessKeyID == "A B")
        #expect(credential.sessionToken == "t  x-more: yes ")
    }
}
