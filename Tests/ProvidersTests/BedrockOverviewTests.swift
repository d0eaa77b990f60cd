import AWS
import RouteTable
import Testing

@testable import Providers

@Suite("What a table's deployments on Bedrock need")
struct BedrockOverviewTests {
    private static let role = "arn:aws:iam::123456789012:role/r"

    private func overview(
        _ deployments: [Deployment],
        _ environment: [String: String]
    ) throws -> BedrockOverview {
        var contents = TableContents()
        contents.models = [Model(name: "m", deployments: deployments)]
        let table = try RouteTable(bytes: TableWriter.encode(contents))
        return BedrockOverview(table: table, values: ReferenceValues([])) { environment[$0] }
    }

    @Test("is each source and each problem once, and nothing of what needs no fetching")
    func once() throws {
        let region: ParameterSet = [.awsRegion: .text(.literal("eu-west-1"))]
        let keys: ParameterSet = region.merging([
            .awsAccessKeyID: .text(.literal("A")), .awsSecretAccessKey: .text(.literal("s")),
        ]) { $1 }
        let found = try overview(
            [
                .of("bedrock", "a", region), .of("bedrock", "b", region),
                .of("bedrock", "c", keys), .of("bedrock", "d", [:]), .of("bedrock", "e", [:]),
                .of("openai", "f", [:]),
                .of("bedrock", "g", region.merging([.awsRole: .text(.literal("x"))]) { $1 }),
            ],
            ["AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": Self.role]
        )
        let identity = WebIdentityRole(
            roleARN: Self.role,
            sessionName: "sidegate",
            token: .file("/token"),
            endpoint: STSEndpoint(
                url: "https://sts.eu-west-1.amazonaws.com",
                region: "eu-west-1"
            )
        )
        #expect(found.sources == [.webIdentity(identity)])
        #expect(found.problems.count == 2)
        #expect(found.problems.contains { $0.hasPrefix("no AWS region is set") })
        #expect(found.problems.contains { $0.hasPrefix("x is no role's ARN") })
    }
}
