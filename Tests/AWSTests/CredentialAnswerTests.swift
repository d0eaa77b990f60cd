import Testing

@testable import AWS

@Suite("Answers with credentials")
struct CredentialAnswerTests {
    private static let role = "arn:aws:iam::123456789012:role/r"

    private static func answer(_ credentials: String) -> [UInt8] {
        let text = """
            <?xml version="1.0"?>
            <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
              <AssumeRoleResult><AssumedRoleUser><Arn>a</Arn></AssumedRoleUser>
              <Credentials>\(credentials)</Credentials></AssumeRoleResult>
            </AssumeRoleResponse>
            """
        return Array(text.utf8)
    }

    private static func refusal(_ code: String, _ message: String) -> [UInt8] {
        Array(
            """
            <ErrorResponse><Error><Type>Sender</Type><Code>\(code)</Code>
            <Message>\(message)</Message></Error><RequestId>r</RequestId></ErrorResponse>
            """.utf8
        )
    }

    private static let whole =
        "<SessionToken> t&amp;o&#x6B; </SessionToken><Expiration>2025-01-15T13:34:56Z</Expiration>"
        + "<SecretAccessKey>s+/=</SecretAccessKey><AccessKeyId>ASIA</AccessKeyId>"

    @Test("are read from STS's XML, in any order and with entities")
    func sts() throws {
        let credential = try STSCall.credential(
            status: 200,
            body: Self.answer(Self.whole),
            role: Self.role,
            isSigned: true
        )
        #expect(
            credential
                == AWSCredential(
                    accessKeyID: "ASIA",
                    secretAccessKey: "s+/=",
                    sessionToken: "t&ok",
                    expiresAt: 1_736_948_096
                )
        )
    }

    @Test("are read whatever namespace their elements carry")
    func namespaces() throws {
        let prefixed = Self.whole.replacing("</", with: "</ns2:")
            .replacing(#/<(?=[SEA])/#, with: "<ns2:")
        let credential = try STSCall.credential(
            status: 200,
            body: Self.answer(prefixed),
            role: Self.role,
            isSigned: false
        )
        #expect(credential.accessKeyID == "ASIA" && credential.sessionToken == "t&ok")
    }

    @Test(
        "are refused when something is missing or declared",
        arguments: [
            whole.replacing("<AccessKeyId>ASIA</AccessKeyId>", with: ""),
            whole.replacing("ASIA", with: ""),
            whole.replacing("2025-01-15T13:34:56Z", with: "soon"),
            whole.replacing("Expiration>", with: "Expires>"),
            whole.replacing("&amp;", with: "&unknown;"),
            "<!DOCTYPE a [<!ENTITY b 'c'>]>" + whole,
        ]
    )
    func broken(credentials: String) {
        #expect(throws: CredentialFailure.self) {
            try STSCall.credential(
                status: 200,
                body: Self.answer(credentials),
                role: Self.role,
                isSigned: true
            )
        }
    }

    @Test("are refused when STS answers with what is no XML")
    func noXML() {
        for body in ["", "ok", "{}", "\u{0}"] {
            #expect(throws: CredentialFailure.self) {
                try STSCall.credential(
                    status: 200,
                    body: Array(body.utf8),
                    role: Self.role,
                    isSigned: true
                )
            }
        }
    }

    @Test(
        "tell whose fault a refusal is",
        arguments: [
            ("AccessDenied", "no", 403, true, .configuration),
            ("MalformedPolicyDocument", "no", 400, true, .configuration),
            ("RegionDisabledException", "no", 403, true, .configuration),
            ("InvalidClientTokenId", "no", 403, true, .baseRefused),
            ("ExpiredToken", "over", 403, true, .baseRefused),
            ("ExpiredTokenException", "Token expired", 400, false, .transient),
            ("InvalidIdentityToken", "no", 400, false, .transient),
            ("IDPCommunicationError", "no", 400, false, .transient),
            ("Throttling", "slow", 400, true, .transient),
            ("Unheard", "no", 503, true, .transient),
            ("SignatureDoesNotMatch", "Signature expired: now", 403, true, .clockSkew),
            ("SignatureDoesNotMatch", "The request signature", 403, true, .configuration),
            ("RequestExpired", "over", 400, true, .clockSkew),
        ] as [(String, String, Int, Bool, CredentialFailure.Cause)]
    )
    func refusals(
        code: String,
        message: String,
        status: Int,
        isSigned: Bool,
        cause: CredentialFailure.Cause
    ) throws {
        let failure = try #require(throws: CredentialFailure.self) {
            try STSCall.credential(
                status: status,
                body: Self.refusal(code, message),
                role: Self.role,
                isSigned: isSigned
            )
        }
        #expect(failure.cause == cause)
        #expect(failure.text == "STS refused \(Self.role): \(code): \(message)")
    }

    @Test("are read from the container's endpoint and the instance's metadata")
    func json() throws {
        let body = Array(
            """
            {"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"A","SecretAccessKey":"s",
             "Token":"t","Expiration":"2025-01-15T18:34:56Z","AccountId":"1"}
            """.utf8
        )
        let expected = AWSCredential(
            accessKeyID: "A",
            secretAccessKey: "s",
            sessionToken: "t",
            expiresAt: 1_736_966_096
        )
        #expect(try ContainerCall.credential(status: 200, body: body) == expected)
        #expect(try InstanceMetadataCall.credential(status: 200, body: body) == expected)
    }

    @Test(
        "say what the container's endpoint refused",
        arguments: [
            (400, #"{"code":"AccessDenied","message":"no"}"#, "answered 400: AccessDenied: no"),
            (500, "<html>", "answered 500"), (200, "", "answered without JSON"),
            (200, #"{"AccessKeyId":"A"}"#, "answered without whole credentials"),
            (
                200, #"{"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"soon"}"#,
                "answered an Expiration that is no date"
            ),
            (200, #"{"Code":"Failed","Message":"off"}"#, "says Failed: off"),
        ]
    )
    func containerFailures(status: Int, body: String, text: String) throws {
        let failure = try #require(throws: CredentialFailure.self) {
            try ContainerCall.credential(status: status, body: Array(body.utf8))
        }
        #expect(failure.text == "the container's endpoint " + text)
    }

    @Test("of the metadata service: a token, then a role, by its first line")
    func metadata() throws {
        #expect(try InstanceMetadataCall.token(status: 200, body: Array("tok==".utf8)) == "tok==")
        #expect(try InstanceMetadataCall.role(status: 200, body: Array("r1\nr2\n".utf8)) == "r1")
        for body in ["", "a b", "t\u{7F}"] {
            #expect(throws: CredentialFailure.self) {
                try InstanceMetadataCall.token(status: 200, body: Array(body.utf8))
            }
        }
        #expect(
            throws: CredentialFailure(
                .configuration,
                "the instance's metadata service knows no role: "
                    + "the instance has no instance profile"
            )
        ) { try InstanceMetadataCall.role(status: 404, body: []) }
    }

    @Test("never quote a secret, and only so much of a text")
    func quotes() throws {
        let long = String(repeating: "x", count: 1_000) + "\n"
        let failure = try #require(throws: CredentialFailure.self) {
            try STSCall.credential(
                status: 403,
                body: Self.refusal("AccessDenied", "a\nb" + long),
                role: Self.role,
                isSigned: true
            )
        }
        #expect(failure.text.utf8.count < 500 && !failure.text.contains("\n"))
    }
}
