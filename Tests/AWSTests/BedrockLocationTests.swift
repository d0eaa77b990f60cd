import Testing

@testable import AWS

@Suite("A Bedrock model's name")
struct BedrockModelNameTests {
    private static let profile =
        "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3d4e5f6"

    @Test(
        "is one segment of the path, with everything encoded that is not unreserved",
        arguments: [
            (
                "anthropic.claude-3-5-haiku-20241022-v1:0",
                "anthropic.claude-3-5-haiku-20241022-v1%3A0"
            ),
            ("amazon.titan-embed-text-v1", "amazon.titan-embed-text-v1"),
            (
                profile,
                "arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3A"
                    + "application-inference-profile%2Fa1b2c3d4e5f6"
            ),
            ("../../admin", "..%2F..%2Fadmin"), ("a?b#c%41 ü", "a%3Fb%23c%2541%20%C3%BC"),
            ("...", "..."), ("a\r\nb", "a%0D%0Ab"),
        ]
    )
    func path(name: String, segment: String) throws {
        let model = try BedrockModelName(name)
        #expect(model.path(.converse) == "/model/\(segment)/converse")
    }

    @Test("has a path for each operation")
    func operations() throws {
        let model = try BedrockModelName("m")
        #expect(
            BedrockOperation.allCases.map { model.path($0) } == [
                "/model/m/converse", "/model/m/converse-stream", "/model/m/invoke",
                "/model/m/invoke-with-response-stream", "/model/m/count-tokens",
            ]
        )
    }

    @Test(
        "may hold its region, before it or as an ARN",
        arguments: [
            ("us-west-2/anthropic.claude-v2:1", "anthropic.claude-v2:1", "us-west-2"),
            ("us-gov-east-1/m", "m", "us-gov-east-1"), (profile, profile, "eu-west-1"),
            ("us-east-1/" + profile, profile, "us-east-1"),
            ("us.anthropic.m", "us.anthropic.m", nil),
            ("imported/m", "imported/m", nil), ("us-east/m", "us-east/m", nil),
            ("us-east-1", "us-east-1", nil), ("us-east-123/m", "us-east-123/m", nil),
            ("arn:aws:bedrock:::m", "arn:aws:bedrock:::m", nil),
        ] as [(String, String, String?)]
    )
    func region(name: String, id: String, region: String?) throws {
        let model = try BedrockModelName(name)
        #expect(model.id == id)
        #expect(model.region?.name == region)
    }

    @Test(
        "is refused when it is empty, too long, dots alone, or leads to another host",
        arguments: [
            ("", .model("")), (".", .model(".")), ("..", .model("..")),
            ("us-east-1/", .model("")), ("us-east-1/..", .model("..")),
            (String(repeating: "m", count: 2049), .model(String(repeating: "m", count: 64))),
            ("arn:aws:bedrock:x.evil.com/:1:m", .region("x.evil.com/")),
        ] as [(String, AWSEndpointError)]
    )
    func refused(name: String, error: AWSEndpointError) {
        #expect(throws: error) { try BedrockModelName(name) }
    }

    @Test("may be 2048 bytes long")
    func longest() throws {
        #expect(try BedrockModelName(String(repeating: "m", count: 2048)).id.utf8.count == 2048)
    }
}

@Suite("A Bedrock deployment's place")
struct BedrockLocationTests {
    private static let arn = "arn:aws:bedrock:eu-west-1:1:inference-profile/m"

    private func location(
        _ model: String = "m",
        _ settings: BedrockLocation.Settings = .init(),
        _ environment: [String: String] = [:]
    ) throws -> BedrockLocation {
        try BedrockLocation(
            model: try BedrockModelName(model),
            settings: settings,
            environment: { environment[$0] }
        )
    }

    @Test("is in the first region that is set, by LiteLLM's order")
    func regions() throws {
        var environment = [
            "AWS_REGION_NAME": "c-c-1", "AWS_REGION": "d-d-1", "AWS_DEFAULT_REGION": "e-e-1",
        ]
        var settings = BedrockLocation.Settings(region: "a-a-1", profileRegion: "f-f-1")
        #expect(try location(Self.arn, settings, environment).region.name == "a-a-1")
        settings.region = ""
        #expect(try location(Self.arn, settings, environment).region.name == "eu-west-1")
        #expect(try location("b-b-1/m", settings, environment).region.name == "b-b-1")
        for (variable, name) in environment.sorted(by: { $0.value < $1.value }) {
            #expect(try location("m", settings, environment).region.name == name)
            environment[variable] = ""
        }
        #expect(try location("m", settings, environment).region.name == "f-f-1")
        settings.profileRegion = nil
        #expect(throws: AWSEndpointError.noRegion) {
            try location("m", settings, environment)
        }
    }

    @Test("takes no region that leads to another host, wherever it is set")
    func unsafeRegions() {
        let bad = "evil.com/"
        #expect(throws: AWSEndpointError.region(bad)) { try location("m", .init(region: bad)) }
        #expect(throws: AWSEndpointError.region(bad)) {
            try location("m", .init(profileRegion: bad))
        }
        for variable in ["AWS_REGION_NAME", "AWS_REGION", "AWS_DEFAULT_REGION"] {
            #expect(throws: AWSEndpointError.region(bad)) {
                try location("m", .init(), [variable: bad])
            }
        }
    }

    @Test("has the first endpoint that is given, and the region's own without one")
    func endpoints() throws {
        var environment = [
            "AWS_BEDROCK_RUNTIME_ENDPOINT": "https://b", "AWS_ENDPOINT_URL": "https://d",
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "https://c",
        ]
        var settings = BedrockLocation.Settings(region: "us-east-1", endpoint: "https://a/x/")
        let own = try location("m:0", settings, environment)
        #expect(own.endpoint.host == "a")
        #expect(own.path(.converseStream) == "/x/model/m%3A0/converse-stream")
        #expect(own.scope == SigningScope(region: "us-east-1", service: "bedrock"))
        settings.endpoint = nil
        #expect(try location("m", settings, environment).endpoint.host == "b")
        environment["AWS_BEDROCK_RUNTIME_ENDPOINT"] = nil
        #expect(try location("m", settings, environment).endpoint.host == "c")
        environment["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = ""
        #expect(try location("m", settings, environment).endpoint.host == "d")
        environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true"
        let usual = try location("m", settings, environment)
        #expect(usual.endpoint.url == "https://bedrock-runtime.us-east-1.amazonaws.com")
        #expect(usual.path(.invoke) == "/model/m/invoke")
    }

    @Test("has the FIPS and dual-stack hosts that the environment asks for")
    func variants() throws {
        let settings = BedrockLocation.Settings(region: "us-gov-west-1")
        func host(_ fips: String, _ dualStack: String) throws -> String {
            let environment = [
                "AWS_USE_FIPS_ENDPOINT": fips, "AWS_USE_DUALSTACK_ENDPOINT": dualStack,
            ]
            return try location("m", settings, environment).endpoint.host
        }
        #expect(try host("false", "0") == "bedrock-runtime.us-gov-west-1.amazonaws.com")
        #expect(try host("true", "") == "bedrock-runtime-fips.us-gov-west-1.amazonaws.com")
        #expect(try host("", "TRUE") == "bedrock-runtime.us-gov-west-1.api.aws")
        #expect(try host("True", "true") == "bedrock-runtime-fips.us-gov-west-1.api.aws")
    }

    @Test(
        "refuses a given endpoint beside FIPS or dual stack",
        arguments: ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"]
    )
    func variantOfGiven(variable: String) {
        let settings = BedrockLocation.Settings(region: "us-east-1", endpoint: "https://a")
        #expect(throws: AWSEndpointError.variantOfGivenEndpoint) {
            try location("m", settings, [variable: "true"])
        }
    }

    @Test("signs what the vectors sign", arguments: Vectors.list("sigv4").prefix(3))
    func vectorPaths(vector: Vector) throws {
        let encoded = String(vector.text("path_on_wire").split(separator: "/")[1])
        let id = encoded.replacing("%3A", with: ":").replacing("%2F", with: "/")
        let place = try location(id, .init(region: vector.text("region")))
        #expect(place.endpoint.authority == vector.text("host"))
        let operation =
            place.model.id.hasPrefix("eu.")
            ? BedrockOperation.converseStream : .converse
        #expect(place.path(operation) == vector.text("path_on_wire"))
    }
}
