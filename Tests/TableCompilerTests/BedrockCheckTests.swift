import RouteConfig
import Testing

@Suite("Checks of deployments on Bedrock")
struct BedrockCheckTests {
    @Test(
        "warn of a deployment that no region is said for",
        arguments: [
            "model: bedrock/amazon.nova-lite-v1:0",
            "model: bedrock/converse/us.amazon.nova-lite-v1:0, api_key: os.environ/A",
            "model: bedrock/amazon.nova-lite-v1:0, aws_role_name: 'arn:aws:iam::1:role/r'",
            "model: 'bedrock/arn:aws:bedrock::123456789012:prompt/P'",
        ]
    )
    func noRegion(deployment: String) {
        let compiled = Compiled(deployments: [deployment])
        #expect(
            compiled.messages(.missingRegion) == ["no region is set for this deployment"]
        )
        #expect(compiled.deployments.count == 1)
    }

    @Test(
        "say nothing where a region is said, or none is needed",
        arguments: [
            "model: bedrock/amazon.nova-lite-v1:0, aws_region_name: eu-west-1",
            "model: bedrock/amazon.nova-lite-v1:0, aws_region_name: os.environ/REGION",
            "model: bedrock/us-west-2/amazon.nova-lite-v1:0",
            "model: bedrock/converse/us-west-2/amazon.nova-lite-v1:0",
            "model: 'bedrock/arn:aws:bedrock:us-east-1:1:application-inference-profile/a'",
            "model: bedrock/amazon.nova-lite-v1:0, aws_profile_name: team",
            "model: bedrock/amazon.nova-lite-v1:0, mock_response: hi",
            "model: bedrock/*",
            "model: openai/gpt-4o",
        ]
    )
    func silent(deployment: String) {
        #expect(Compiled(deployments: [deployment]).messages(.missingRegion).isEmpty)
    }

    @Test(
        "warn of a web identity's token that is written out, not of where one is",
        arguments: [
            ("eyJ.a.b", true), ("/var/run/token", false), ("oidc/file/var/run/token", false),
            ("os.environ/TOKEN", false),
        ]
    )
    func webIdentityToken(value: String, isWarned: Bool) {
        let compiled = Compiled(deployments: [
            "model: bedrock/us-west-2/amazon.nova-lite-v1:0, aws_web_identity_token: \(value)"
        ])
        #expect(
            compiled.messages(.literalSecret)
                == (isWarned ? ["aws_web_identity_token is written here in plain text"] : [])
        )
    }
}
