/// Decides which source a deployment's credentials come from. The first that is configured
/// decides; if it then fails, no other one is tried.
///
/// The order is AWS's own but for the deployment's settings, which go first: the deployment's keys,
/// its profile, its web identity's token; then the environment's keys, its web identity, the shared
/// files, the container's endpoint and the instance's metadata. A role on top is assumed with what
/// these give.
package struct CredentialChain {
    /// What a deployment's configuration says; all of it may be missing.
    package struct Settings: Hashable, Sendable {
        package var keys: AWSCredential?
        /// `aws_profile_name`.
        package var profile: String?
        /// `aws_web_identity_token`: a token, or the path of a file with one.
        package var webIdentityToken: String?
        /// `aws_role_name`, an ARN in spite of its name.
        package var role: String?
        /// `aws_session_name`.
        package var sessionName: String?
        /// `aws_external_id`.
        package var externalID: String?
        /// `aws_sts_endpoint`.
        package var stsEndpoint: String?

        /// Settings as configured.
        package init() {}

        /// Whether the deployment itself says who asks.
        package var saysWho: Bool {
            keys != nil || profile != nil || webIdentityToken != nil || role != nil
        }
    }

    private let settings: Settings
    private let ambient: AmbientSources
    private let files: SharedFiles

    /// A chain of a deployment's settings, the environment and the shared files.
    package init(
        _ settings: Settings,
        files: SharedFiles,
        environment: @escaping (String) -> String?
    ) {
        self.settings = settings
        self.files = files
        ambient = AmbientSources(environment: environment)
    }

    /// The region that the profile in use says; nil for none.
    package var profileRegion: String? { files.value("region", of: profile) }

    private var profile: String { settings.profile ?? ambientProfile ?? "default" }

    private var ambientProfile: String? {
        ambient.variable("AWS_PROFILE") ?? ambient.variable("AWS_DEFAULT_PROFILE")
    }

    /// The source of credentials.
    ///
    /// - Parameter region: of the deployment; its STS is asked for roles.
    package func source(region: AWSRegion?) throws(CredentialFailure) -> CredentialSource {
        let roles = RoleSettings(
            region: region,
            endpoint: settings.stsEndpoint,
            environment: ambient.environment
        )
        if let token = settings.webIdentityToken { return try webIdentity(token, roles) }
        guard let role = settings.role else { return try base(roles) }
        // Where the pod's token opens this very role, one call is enough.
        if settings.keys == nil, settings.profile == nil, try ambient.keys() == nil,
            let file = ambient.variable("AWS_WEB_IDENTITY_TOKEN_FILE"),
            ambient.variable("AWS_ROLE_ARN") == role, settings.externalID == nil
        {
            return .webIdentity(try roles.webIdentity(role, .file(file), settings.sessionName))
        }
        let assumed = try roles.assumed(
            role,
            sessionName: settings.sessionName,
            externalID: settings.externalID
        )
        return .role(assumed, base: try base(roles))
    }

    private func webIdentity(
        _ token: String,
        _ roles: RoleSettings
    ) throws(CredentialFailure) -> CredentialSource {
        guard let role = settings.role ?? ambient.variable("AWS_ROLE_ARN") else {
            throw CredentialFailure(
                .configuration,
                "aws_web_identity_token needs aws_role_name beside it"
            )
        }
        // A token has no slashes; LiteLLM, too, takes a path for one.
        let origin: TokenOrigin = token.hasPrefix("/") ? .file(token) : .text(token)
        return .webIdentity(try roles.webIdentity(role, origin, settings.sessionName))
    }

    private func base(_ roles: RoleSettings) throws(CredentialFailure) -> CredentialSource {
        let profiles = ProfileChain(files: files, ambient: ambient, roles: roles)
        if let keys = settings.keys { return .keys(keys) }
        if let profile = settings.profile { return try profiles.source(profile) }
        if let keys = try ambient.keys() { return keys }
        if let file = ambient.variable("AWS_WEB_IDENTITY_TOKEN_FILE") {
            guard let role = ambient.variable("AWS_ROLE_ARN") else {
                throw CredentialFailure(
                    .configuration,
                    "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN"
                )
            }
            return .webIdentity(try roles.webIdentity(role, .file(file), nil))
        }
        // A profile that somebody named must be there; the default one need not.
        if ambientProfile != nil || saysSomething(profile) { return try profiles.source(profile) }
        if let container = try ambient.container() { return container }
        if let instance = try ambient.instance() { return instance }
        throw CredentialFailure(
            .configuration,
            "no credentials: set aws_access_key_id and aws_secret_access_key, api_key, or give the "
                + "pod a role (IRSA, EKS Pod Identity)"
        )
    }

    /// Whether the default profile is more than a region.
    private func saysSomething(_ profile: String) -> Bool {
        [
            "aws_access_key_id", "aws_secret_access_key", "role_arn", "web_identity_token_file",
            "credential_process", "sso_session", "sso_start_url", "login_session",
        ].contains { files.value($0, of: profile) != nil }
    }
}
