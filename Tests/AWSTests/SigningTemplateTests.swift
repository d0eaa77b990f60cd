import Testing

@testable import AWS

@Suite("A template of signatures")
struct SigningTemplateTests {
    private static let scope = SigningScope(region: "us-east-1", service: "bedrock")
    private static let headers = [
        (name: "x-custom", value: "1"), (name: "x-amz-meta", value: " a  b "),
        (name: "content-type", value: "application/json"),
        (name: "accept", value: "application/json"),
    ]

    @Test(
        "signs as a request by itself is signed, at any time, for any path and body",
        arguments: [nil, "token/+=="]
    )
    func same(token: String?) {
        let credential = AWSCredential(
            accessKeyID: "AKID",
            secretAccessKey: "secret",
            sessionToken: token
        )
        let template = SigningTemplate(
            method: "POST",
            host: "host.example:8443",
            headers: Self.headers,
            scope: Self.scope,
            credential: credential
        )
        let keys = SigningKeyCache()
        let calls: [(seconds: Int, path: String, byte: UInt8)] = [
            (1_736_948_096, "/model/a%3A0/converse", 1), (1_736_948_096, "/model/b/converse", 2),
            (1_736_948_097, "/model/b/converse", 2), (1_737_034_496, "/x//y/../z/", 3), (0, "/", 4),
        ]
        for call in calls {
            let digest = [UInt8](repeating: call.byte, count: 32)
            let whole = SigV4.authorize(
                SigningRequest(
                    method: "POST",
                    host: "host.example:8443",
                    path: call.path,
                    headers: Self.headers,
                    bodyDigest: digest
                ),
                date: SigningDate(secondsSince1970: call.seconds),
                scope: Self.scope,
                credential: credential,
                keys: keys
            )
            let signed = template.sign(
                path: call.path,
                bodyDigest: digest,
                secondsSince1970: call.seconds,
                keys: keys
            )
            #expect(whole.first { $0.name == "x-amz-date" }?.value == signed.date)
            #expect(whole.first { $0.name == "authorization" }?.value == signed.authorization)
        }
    }

    @Test("sends all fields, and the token where there is one")
    func lines() {
        func lines(_ token: String?) -> String {
            let template = SigningTemplate(
                method: "POST",
                host: "h",
                headers: [(name: "x-custom", value: "1"), (name: "accept", value: "a/b")],
                scope: Self.scope,
                credential: AWSCredential(
                    accessKeyID: "A",
                    secretAccessKey: "s",
                    sessionToken: token
                )
            )
            return String(decoding: template.lines, as: UTF8.self)
        }
        #expect(lines(nil) == "x-custom: 1\r\naccept: a/b\r\n")
        #expect(lines("t") == "x-custom: 1\r\naccept: a/b\r\nx-amz-security-token: t\r\n")
    }
}
