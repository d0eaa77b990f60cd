import AWS
import Testing

@Suite("An AWS credential")
struct AWSCredentialTests {
    @Test("shows no secret")
    func description() {
        let credential = AWSCredential(
            accessKeyID: "AKID",
            secretAccessKey: "canary-secret",
            sessionToken: "canary-token"
        )
        #expect("\(credential)" == "AKID")
    }
}
