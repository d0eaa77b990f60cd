import RouteConfig
import Testing

@Suite("Checks of deployments on Bedrock")
struct BedrockCheckTests {
    @Test(
        "warn of credentials that the sidecar does not read yet",
        arguments: [
            ("aws_role_name: 'arn:aws:iam::123456789012:role/r'", "aws_role_name"),
            ("aws_web_identity_token: /var/token", "aws_web_identity_token"),
            ("aws_profile_name: team", "aws_profile_name"),
        ]
    )
    func unread(setting: String, name: String) {
        let compiled = Compiled(deployments: ["model: bedrock/amazon.nova-lite-v1:0, \(setting)"])
        #expect(
            compiled.messages(.unsupportedProvider)
                == ["\(name) is not read yet: the sidecar leaves this deployment out of use"]
        )
        #expect(compiled.deployments.count == 1)
    }

    @Test(
        "say nothing of those that it reads, or that nothing needs",
        arguments: [
            "aws_access_key_id: os.environ/A, aws_secret_access_key: os.environ/B",
            "api_key: os.environ/A",
            "aws_profile_name: team, mock_response: hi",
        ]
    )
    func silent(settings: String) {
        let compiled = Compiled(deployments: ["model: bedrock/amazon.nova-lite-v1:0, \(settings)"])
        #expect(compiled.messages(.unsupportedProvider).isEmpty)
    }
}
