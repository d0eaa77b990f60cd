import Testing

@testable import AWS

@Suite("Calls for credentials")
struct CredentialCallTests {
    private static let endpoint = STSEndpoint(
        url: "https://sts.eu-west-1.amazonaws.com",
        region: "eu-west-1"
    )

    @Test("to AssumeRole are signed forms")
    func assumeRole() throws {
        let role = AssumedRole(
            roleARN: "arn:aws:iam::123456789012:role/r",
            sessionName: "s@x",
            externalID: "a b&c",
            endpoint: Self.endpoint,
            durationSeconds: 900
        )
        let request = try STSCall.assumeRole(role)
        #expect(request.method == "POST" && request.target == "/")
        #expect(request.endpoint.authority == "sts.eu-west-1.amazonaws.com")
        #expect(request.scope == SigningScope(region: "eu-west-1", service: "sts"))
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == "Action=AssumeRole&Version=2011-06-15"
                + "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr&RoleSessionName=s%40x"
                + "&ExternalId=a%20b%26c&DurationSeconds=900"
        )
    }

    @Test("with a web identity are not signed")
    func webIdentity() throws {
        let role = WebIdentityRole(
            roleARN: "arn:aws:iam::123456789012:role/r",
            sessionName: "s",
            token: .text("unused"),
            endpoint: Self.endpoint
        )
        let request = try STSCall.assumeRole(role, token: "eyJ.x-_")
        #expect(request.scope == nil)
        #expect(!request.headers.contains { $0.name == "authorization" })
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
                + "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr&RoleSessionName=s"
                + "&WebIdentityToken=eyJ.x-_"
        )
    }

    @Test("to the container's endpoint carry its token as it is, and its query")
    func container() throws {
        let container = ContainerEndpoint(
            url: "http://169.254.170.2/v2/credentials/abc?x=1",
            authorization: nil
        )
        let request = try ContainerCall.request(container, authorization: "tok")
        #expect(request.method == "GET" && request.target == "/v2/credentials/abc?x=1")
        #expect(request.headers.contains { $0.name == "authorization" && $0.value == "tok" })
        #expect(request.endpoint.authority == "169.254.170.2")
    }

    @Test("to the metadata service ask for a token first, then with it")
    func metadata() throws {
        let metadata = InstanceMetadata(url: "http://[fd00:ec2::254]")
        let token = try InstanceMetadataCall.token(metadata)
        #expect(token.method == "PUT" && token.target == "/latest/api/token")
        #expect(token.headers.map(\.name) == ["x-aws-ec2-metadata-token-ttl-seconds"])
        let credential = try InstanceMetadataCall.credential(metadata, role: "a/b", token: "t")
        #expect(credential.target == "/latest/meta-data/iam/security-credentials/a%2Fb")
        #expect(credential.headers.first?.value == "t")
    }

    @Test(
        "have times as AWS writes them",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2025-01-15T13:34:56Z", 1_736_948_096),
            ("2025-01-15T13:34:56.123Z", 1_736_948_096),
            ("2025-01-15T14:34:56+01:00", 1_736_948_096),
            ("2025-01-15T08:34:56-0500", 1_736_948_096), ("2024-02-29T00:00:00Z", 1_709_164_800),
            ("2025-01-15", nil), ("2025-13-15T13:34:56Z", nil), ("2025-01-15T13:34:56", nil),
            ("2025-01-15T13:34:56.Z", nil), ("2025-01-15T13:34:56+1", nil), ("", nil),
            ("２025-01-15T13:34:56Z", nil),
        ] as [(String, Int?)]
    )
    func times(text: String, seconds: Int?) {
        #expect(Timestamp.seconds(text) == seconds)
    }

    @Test("have tokens without the file's last newline, and refuse what is none")
    func tokens() throws {
        #expect(try LocalFile.token(Array(" tok\r\n".utf8), from: "f") == "tok")
        #expect(try LocalFile.token(Array("Basic a\n".utf8), from: "f") == "Basic a")
        for text in ["", "\n", "a\tb", "a\r\nb", "\u{7F}", "é"] {
            #expect(throws: CredentialFailure.self) {
                try LocalFile.token(Array(text.utf8), from: "f")
            }
        }
    }
}
