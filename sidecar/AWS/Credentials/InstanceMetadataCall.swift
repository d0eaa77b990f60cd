/// The three calls to the instance's metadata service (IMDSv2); version 1 is never spoken.
package enum InstanceMetadataCall {
    private static let name = "the instance's metadata service"
    private static let tokenHeader = "x-aws-ec2-metadata-token"
    private static let rolePath = "/latest/meta-data/iam/security-credentials/"
    /// How long a token is asked for, in seconds: the most there is.
    private static let tokenLifetime = 21_600

    /// Asks for a token.
    package static func token(
        _ metadata: InstanceMetadata
    ) throws(CredentialFailure) -> CredentialRequest {
        var request = try request(metadata, "PUT", "/latest/api/token")
        request.headers = [
            (name: tokenHeader + "-ttl-seconds", value: String(tokenLifetime))
        ]
        return request
    }

    /// The token of an answer: a secret.
    package static func token(status: Int, body: [UInt8]) throws(CredentialFailure) -> String {
        guard status == 200 else { throw refused(status, "a token") }
        guard let token = firstLine(body), token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw CredentialFailure(.transient, "\(name) answered a token that is none")
        }
        return token
    }

    /// Asks for the name of the instance's role.
    package static func role(
        _ metadata: InstanceMetadata,
        token: String
    ) throws(CredentialFailure) -> CredentialRequest {
        try request(metadata, "GET", rolePath, token)
    }

    /// The name of the instance's role.
    package static func role(status: Int, body: [UInt8]) throws(CredentialFailure) -> String {
        if status == 404 {
            throw CredentialFailure(
                .configuration,
                "\(name) knows no role: the instance has no instance profile"
            )
        }
        guard status == 200 else { throw refused(status, "the role") }
        guard let role = firstLine(body), role.utf8.count <= 128 else {
            throw CredentialFailure(.transient, "\(name) answered no role")
        }
        return role
    }

    /// Asks for the role's credentials.
    package static func credential(
        _ metadata: InstanceMetadata,
        role: String,
        token: String
    ) throws(CredentialFailure) -> CredentialRequest {
        try request(metadata, "GET", rolePath + PercentEncoding.segment(role), token)
    }

    /// The credentials of an answer.
    package static func credential(
        status: Int,
        body: [UInt8]
    ) throws(CredentialFailure) -> AWSCredential {
        guard status == 200 else { throw refused(status, "credentials") }
        return try JSONAnswer.credential(body, from: name)
    }

    private static func request(
        _ metadata: InstanceMetadata,
        _ method: String,
        _ path: String,
        _ token: String? = nil
    ) throws(CredentialFailure) -> CredentialRequest {
        let endpoint: AWSEndpoint
        do throws(AWSEndpointError) {
            endpoint = try AWSEndpoint(url: metadata.url)
        } catch {
            throw CredentialFailure(.configuration, "\(name): \(error)")
        }
        var request = CredentialRequest(method: method, endpoint: endpoint, path: path)
        if let token { request.headers = [(name: tokenHeader, value: token)] }
        return request
    }

    private static func refused(_ status: Int, _ what: String) -> CredentialFailure {
        CredentialFailure(
            status == 403 ? .configuration : .transient,
            "\(name) answered \(status) when asked for \(what)"
        )
    }

    private static func firstLine(_ body: [UInt8]) -> String? {
        let line = body.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard !line.isEmpty else { return nil }
        return String(validating: line, as: UTF8.self)
    }
}
