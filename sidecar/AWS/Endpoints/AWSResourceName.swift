/// An Amazon Resource Name (ARN): `arn:aws:bedrock:us-east-1:123456789012:kind/id`.
package struct AWSResourceName: Hashable, Sendable {
    /// `aws`, `aws-cn` and so on.
    package let partition: String
    /// `bedrock`.
    package let service: String
    /// Empty for resources without one.
    package let region: String
    /// Empty for resources of AWS itself.
    package let account: String
    /// What stands behind the account, colons and slashes included.
    package let resource: String

    /// Nil when the text is none.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", !parts[1].isEmpty, !parts[2].isEmpty,
            !parts[5].isEmpty
        else { return nil }
        partition = String(parts[1])
        service = String(parts[2])
        region = String(parts[3])
        account = String(parts[4])
        resource = String(parts[5])
    }
}
