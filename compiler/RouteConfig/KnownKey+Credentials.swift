internal import RouteTable

/// Credentials, at deployments and in `credential_list`.
extension KnownKey {
    /// Entries of `credential_list`.
    static let credentialKeys: [KnownKey] =
        handled(
            .credential,
            [
                ("credential_name", .name, "The name that litellm_credential_name gives."),
                (
                    "credential_values", .section(.credentialValues, isStrict: false),
                    "Keys, regions and base URL that deployments share."
                ),
                ("credential_info", .any, "For people; shown by inspect."),
            ]
        )
        + parameters(.credentialValues, credentialParameters)
        + handled(
            .credentialValues,
            [
                ("api_base", .baseURL, "Where the upstream is."),
                ("organization", .form(.text), "OpenAI's organization."),
            ]
        )
        + foreignCredentials(.credentialValues)

    static let credentialParameters: [(String, ParameterKey, Form, String)] = [
        ("api_key", .apiKey, .secret, "The upstream's key."),
        ("api_version", .apiVersion, .text, "Azure's api-version."),
        (
            "azure_ad_token", .azureADToken, .secret,
            "A token of Microsoft Entra ID, in place of a key."
        ),
        (
            "aws_access_key_id", .awsAccessKeyID, .secret,
            "The access key that signs requests to Bedrock."
        ),
        ("aws_secret_access_key", .awsSecretAccessKey, .secret, "The secret of that access key."),
        (
            "aws_session_token", .awsSessionToken, .secret,
            "The session token of temporary credentials."
        ),
        ("aws_region_name", .awsRegion, .text, "The region of Bedrock and of STS."),
        ("aws_profile_name", .awsProfile, .text, "A profile of the AWS configuration files."),
        ("aws_role_name", .awsRole, .text, "The role to assume."),
        ("aws_session_name", .awsSessionName, .text, "The name of the assumed role's session."),
        (
            "aws_web_identity_token", .awsWebIdentityToken, .token,
            "A web identity's token, or the path of its file."
        ),
        ("aws_sts_endpoint", .awsSTSEndpoint, .text, "The STS to ask, instead of the region's."),
        (
            "aws_external_id", .awsExternalID, .text,
            "The external identifier that the role asks for."
        ),
        (
            "aws_bedrock_runtime_endpoint", .awsBedrockEndpoint, .text,
            "The URL of Bedrock, instead of the region's."
        ),
    ]
}
