internal import AWS
internal import RouteTable
internal import Upstream

/// Works out where a deployment on Bedrock is and how AWS knows it, or what is missing for that.
struct BedrockReader {
    /// A value of the deployment or its credential, trimmed.
    let value: (ParameterKey) -> String?
    let environment: (String) -> String?
    /// Behind `bedrock/`, without a route.
    let model: String
    /// The deployment's `api_base`, which LiteLLM takes for an endpoint, too.
    let apiBase: String?
    /// Nil unless a client may bring credentials of its own, and does.
    let client: ClientCredentials?

    /// Why a deployment cannot be used; completes "the deployment is not usable:".
    struct Problem: Error, Hashable {
        let text: String
    }

    func read(
        headers: [(name: String, value: String)],
        baseModel: String?
    ) throws(Problem) -> BedrockSettings {
        let location: BedrockLocation
        do throws(AWSEndpointError) {
            location = try BedrockLocation(
                model: BedrockModelName(model),
                settings: BedrockLocation.Settings(
                    region: setting(.awsRegion),
                    endpoint: client?.base ?? setting(.awsBedrockEndpoint) ?? apiBase
                ),
                environment: environment
            )
        } catch {
            throw Problem(text: error.description)
        }
        guard let base = UpstreamURL(location.endpoint.url) else {
            throw Problem(text: "aws_bedrock_runtime_endpoint is no http(s) URL")
        }
        return BedrockSettings(
            base: base,
            scope: location.scope,
            identity: try identity(),
            headers: headers,
            baseModel: baseModel
        )
    }

    // MARK: - Who

    /// A deployment's own key goes first, then its own settings, then the environment.
    private func identity() throws(Problem) -> BedrockSettings.Identity {
        if let client {
            // The table's credentials do not go to a base that a client chose.
            if let key = client.apiKey { return .bearer(key) }
            if client.base != nil { throw Problem(text: "api_base needs an api_key beside it") }
        }
        if let key = setting(.apiKey) { return .bearer(key) }
        for (key, name) in BedrockReader.unsupported where setting(key) != nil {
            throw Problem(text: "\(name) is set, but \(BedrockReader.later)")
        }
        if let keys = try keys(
            setting(.awsAccessKeyID),
            setting(.awsSecretAccessKey),
            setting(.awsSessionToken),
            names: ("aws_access_key_id", "aws_secret_access_key")
        ) {
            return .keys(keys)
        }
        if let token = variable("AWS_BEARER_TOKEN_BEDROCK") { return .bearer(token) }
        if let keys = try keys(
            variable("AWS_ACCESS_KEY_ID"),
            variable("AWS_SECRET_ACCESS_KEY"),
            variable("AWS_SESSION_TOKEN"),
            names: ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        ) {
            return .keys(keys)
        }
        throw Problem(
            text: "no credentials: set aws_access_key_id and aws_secret_access_key, api_key, or "
                + "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_BEARER_TOKEN_BEDROCK for the "
                + "sidecar; \(BedrockReader.later)"
        )
    }

    private static let unsupported: [(ParameterKey, String)] = [
        (.awsRole, "aws_role_name"), (.awsWebIdentityToken, "aws_web_identity_token"),
        (.awsProfile, "aws_profile_name"),
    ]

    private static let later =
        "roles, IRSA, Pod Identity, instance metadata and shared files are not read yet"

    private func keys(
        _ id: String?,
        _ secret: String?,
        _ token: String?,
        names: (id: String, secret: String)
    ) throws(Problem) -> AWSCredential? {
        switch (id, secret) {
        case (nil, nil): return nil
        case (let id?, let secret?):
            return AWSCredential(accessKeyID: id, secretAccessKey: secret, sessionToken: token)
        case (nil, _): throw Problem(text: "\(names.secret) is set without \(names.id)")
        case (_, nil): throw Problem(text: "\(names.id) is set without \(names.secret)")
        }
    }

    // MARK: - Values

    private func setting(_ key: ParameterKey) -> String? { nonEmpty(value(key)) }

    private func variable(_ name: String) -> String? { nonEmpty(environment(name)) }

    private func nonEmpty(_ text: String?) -> String? { text?.isEmpty == false ? text : nil }
}
