/// The calls to the Security Token Service, and what it answers.
package enum STSCall {
    /// The version of the service's API.
    private static let version = "2011-06-15"

    /// AssumeRole; to be signed with the base credentials.
    package static func assumeRole(_ role: AssumedRole) throws(CredentialFailure)
        -> CredentialRequest
    {
        var form = FormBody("AssumeRole", version: version)
        form.add("RoleArn", role.roleARN)
        form.add("RoleSessionName", role.sessionName)
        form.add("ExternalId", role.externalID)
        form.add("DurationSeconds", role.durationSeconds.map(String.init))
        var request = try request(role.endpoint, form)
        request.scope = SigningScope(region: role.endpoint.region, service: "sts")
        return request
    }

    /// AssumeRoleWithWebIdentity, which is not signed: the token says who asks.
    ///
    /// - Parameter token: the token's text; white space around it is cut off.
    package static func assumeRole(
        _ role: WebIdentityRole,
        token: String
    ) throws(CredentialFailure) -> CredentialRequest {
        var form = FormBody("AssumeRoleWithWebIdentity", version: version)
        form.add("RoleArn", role.roleARN)
        form.add("RoleSessionName", role.sessionName)
        form.add("WebIdentityToken", token)
        form.add("DurationSeconds", role.durationSeconds.map(String.init))
        return try request(role.endpoint, form)
    }

    private static func request(
        _ endpoint: STSEndpoint,
        _ form: FormBody
    ) throws(CredentialFailure) -> CredentialRequest {
        let target: AWSEndpoint
        do throws(AWSEndpointError) {
            target = try AWSEndpoint(url: endpoint.url)
        } catch {
            throw CredentialFailure(.configuration, "the endpoint of STS: \(error)")
        }
        var request = CredentialRequest(method: "POST", endpoint: target, path: "/")
        request.headers = [
            (name: "content-type", value: "application/x-www-form-urlencoded; charset=utf-8"),
            (name: "accept", value: "text/xml"),
        ]
        request.body = form.bytes
        return request
    }

    // MARK: - Answers

    /// The credentials of an answer.
    ///
    /// - Parameters:
    ///   - role: the ARN that was asked for, named in failures.
    ///   - isSigned: whether the call was signed with base credentials.
    package static func credential(
        status: Int,
        body: [UInt8],
        role: String,
        isSigned: Bool
    ) throws(CredentialFailure) -> AWSCredential {
        guard let document = XMLText(body) else {
            let cause: CredentialFailure.Cause = status == 200 ? .configuration : .transient
            throw CredentialFailure(cause, "STS answered \(status) without XML")
        }
        guard status == 200 else { throw failure(status, document, role, isSigned) }
        guard let identifier = document.text(of: "AccessKeyId"), !identifier.isEmpty,
            let secret = document.text(of: "SecretAccessKey"), !secret.isEmpty,
            let token = document.text(of: "SessionToken"), !token.isEmpty,
            let expiration = document.text(of: "Expiration"),
            let expiresAt = Timestamp.seconds(expiration)
        else {
            throw CredentialFailure(.transient, "STS answered 200 without whole credentials")
        }
        let credential = AWSCredential(
            accessKeyID: identifier,
            secretAccessKey: secret,
            sessionToken: token,
            expiresAt: expiresAt
        )
        guard credential.isPlain else {
            throw CredentialFailure(.transient, "STS answered 200 with keys that are none")
        }
        return credential
    }

    private static func failure(
        _ status: Int,
        _ document: XMLText,
        _ role: String,
        _ isSigned: Bool
    ) -> CredentialFailure {
        let code = document.text(of: "Code") ?? "\(status)"
        let message = document.text(of: "Message") ?? ""
        let text =
            "STS refused \(CredentialFailure.quote(role)): \(CredentialFailure.quote(code)): "
            + CredentialFailure.quote(message)
        return CredentialFailure(cause(status, code, message, isSigned), text)
    }

    private static func cause(
        _ status: Int,
        _ code: String,
        _ message: String,
        _ isSigned: Bool
    ) -> CredentialFailure.Cause {
        if ClockSkew.isSkew(code: code, message: message) { return .clockSkew }
        switch code {
        case "InvalidClientTokenId", "UnrecognizedClientException", "ExpiredToken",
            "ExpiredTokenException":
            // A web identity's token may be about to be replaced in its file.
            return isSigned ? .baseRefused : .transient
        // The first comes, too, while STS cannot reach the keys of the cluster that signed a token.
        case "InvalidIdentityToken", "IDPCommunicationError", "Throttling", "ThrottlingException",
            "RequestLimitExceeded", "ServiceUnavailable", "InternalFailure":
            return .transient
        default: return status >= 500 || status == 429 ? .transient : .configuration
        }
    }
}

/// A body of `application/x-www-form-urlencoded`, as AWS's query protocol has it.
struct FormBody {
    private(set) var bytes: [UInt8]

    init(_ action: String, version: String) {
        bytes = Array("Action=\(action)&Version=\(version)".utf8)
    }

    /// Adds a field, unless it has no value.
    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        bytes += Array("&\(name)=".utf8)
        for byte in value.utf8 { PercentEncoding.append(byte, to: &bytes) }
    }
}
