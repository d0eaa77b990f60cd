/// Where a signature is valid beside its day.
package struct SigningScope: Hashable, Sendable {
    /// `us-east-1`.
    package let region: String
    /// The name to sign with, which is not always the host's: `bedrock` for `bedrock-runtime`.
    package let service: String

    /// A region and a service of AWS.
    package init(region: String, service: String) {
        self.region = region
        self.service = service
    }
}
