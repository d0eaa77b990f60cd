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
    let files: SharedFilesOnce

    /// Why a deployment cannot be used; completes "the deployment is not usable:".
    struct Problem: Error, Hashable {
        let text: String
    }

    func read(
        headers: [(name: String, value: String)],
        baseModel: String?,
        modifiesParams: Bool
    ) throws(Problem) -> BedrockSettings {
        let chain = try chain()
        let location = try location(chain)
        guard let base = UpstreamURL(location.endpoint.url) else {
            throw Problem(text: "aws_bedrock_runtime_endpoint is no http(s) URL")
        }
        return BedrockSettings(
            base: base,
            scope: location.scope,
            identity: try identity(chain, location.region),
            headers: headers,
            baseModel: baseModel,
            modifiesParams: modifiesParams
        )
    }

    private func location(_ chain: CredentialChain?) throws(Problem) -> BedrockLocation {
        do throws(AWSEndpointError) {
            return try BedrockLocation(
                model: BedrockModelName(model),
                settings: BedrockLocation.Settings(
                    region: setting(.awsRegion),
                    endpoint: client?.base ?? setting(.awsBedrockEndpoint) ?? apiBase,
                    profileRegion: chain?.profileRegion
                ),
                environment: environment
            )
        } catch {
            if error == .noRegion, let failure = chain?.filesFailure {
                throw Problem(text: "\(error); the profile's is not known: \(failure)")
            }
            throw Problem(text: error.description)
        }
    }

    // MARK: - Who

    /// A deployment's own key goes first, then its own settings, then the environment's token, then
    /// the rest of AWS's chain.
    private func identity(
        _ chain: CredentialChain?,
        _ region: AWSRegion
    ) throws(Problem) -> BedrockSettings.Identity {
        if let token = try bearer() { return .bearer(token) }
        guard let chain else { throw Problem(text: "api_base needs an api_key beside it") }
        do throws(CredentialFailure) {
            switch try chain.source(region: region) {
            case .keys(let keys) where keys.expiresAt == nil: return .keys(keys)
            case let source: return .source(source)
            }
        } catch {
            throw Problem(text: error.text)
        }
    }

    private func bearer() throws(Problem) -> String? {
        if let client {
            // The table's credentials do not go to a base that a client chose.
            if let key = client.apiKey { return key }
            if client.base != nil { throw Problem(text: "api_base needs an api_key beside it") }
        }
        if let key = setting(.apiKey) { return key }
        return try settings().saysWho ? nil : variable("AWS_BEARER_TOKEN_BEDROCK")
    }

    /// Nil where a client's base rules out all that the table and the pod have.
    private func chain() throws(Problem) -> CredentialChain? {
        if client?.base != nil { return nil }
        let settings = try settings()
        return CredentialChain(settings, files: files.files, environment: environment)
    }

    private func settings() throws(Problem) -> CredentialChain.Settings {
        var settings = CredentialChain.Settings()
        settings.keys = try keys()
        settings.profile = setting(.awsProfile)
        settings.webIdentityToken = setting(.awsWebIdentityToken)
        settings.role = setting(.awsRole)
        settings.sessionName = setting(.awsSessionName)
        settings.externalID = setting(.awsExternalID)
        settings.stsEndpoint = setting(.awsSTSEndpoint)
        return settings
    }

    private func keys() throws(Problem) -> AWSCredential? {
        switch (setting(.awsAccessKeyID), setting(.awsSecretAccessKey)) {
        case (nil, nil): return nil
        case (let id?, let secret?):
            let keys = AWSCredential(
                accessKeyID: id,
                secretAccessKey: secret,
                sessionToken: setting(.awsSessionToken)
            )
            guard keys.isPlain else {
                throw Problem(
                    text: "aws_access_key_id and its like hold characters that no key has"
                )
            }
            return keys
        case (nil, _):
            throw Problem(text: "aws_secret_access_key is set without aws_access_key_id")
        case (_, nil):
            throw Problem(text: "aws_access_key_id is set without aws_secret_access_key")
        }
    }

    // MARK: - Values

    private func setting(_ key: ParameterKey) -> String? { nonEmpty(value(key)) }

    private func variable(_ name: String) -> String? { nonEmpty(environment(name)) }

    private func nonEmpty(_ text: String?) -> String? { text?.isEmpty == false ? text : nil }
}
