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
    /// Whether a variable says where the shared files are.
    private let areFilesNamed: Bool

    /// A chain of a deployment's settings, the environment and the shared files.
    package init(
        _ settings: Settings,
        files: SharedFiles,
        environment: @escaping (String) -> String?
    ) {
        self.settings = settings
        self.files = files
        ambient = AmbientSources(environment: environment)
        areFilesNamed =
            ambient.variable("AWS_SHARED_CREDENTIALS_FILE") != nil
            || ambient.variable("AWS_CONFIG_FILE") != nil
    }

    /// The region that the profile in use says; nil for none.
    package var profileRegion: String? { files.value("region", of: profile) }

    /// Why the shared files cannot be read, for those who miss something of them.
    package var filesFailure: CredentialFailure? { files.failure }

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
        let origin = try origin(ofToken: token)
        return .webIdentity(try roles.webIdentity(role, origin, settings.sessionName))
    }

    /// A token has no slashes: what begins with one is a path, and LiteLLM's `oidc/…` says where to
    /// look for a token.
    private func origin(ofToken text: String) throws(CredentialFailure) -> TokenOrigin {
        if text.hasPrefix("/") { return .file(text) }
        let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "oidc" else { return .text(text) }
        let place = String(parts[2])
        switch parts[1] {
        case "file": return .file(place.hasPrefix("/") ? place : "/" + place)
        case "env", "env_path":
            guard let value = ambient.variable(place) else {
                throw CredentialFailure(
                    .configuration,
                    "aws_web_identity_token: \(CredentialFailure.quote(place)) is not set"
                )
            }
            return parts[1] == "env" ? .text(value) : .file(value)
        default:
            throw CredentialFailure(
                .configuration,
                "aws_web_identity_token: oidc/\(CredentialFailure.quote(String(parts[1]))) is not "
                    + "asked for tokens; have one put into a file and write its path"
            )
        }
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
        // A profile or a file that somebody named must be there; the default ones need not.
        let isBroken = areFilesNamed && files.failure != nil
        if ambientProfile != nil || isBroken || saysSomething(profile) {
            return try profiles.source(profile)
        }
        if let container = try ambient.container() { return container }
        // What may be in the home folder and cannot be read is less of a riddle than no metadata.
        if let failure = files.failure { throw failure }
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
            "credential_process", "sso_session", "sso_start_url", "sso_account_id",
            "sso_role_name", "login_session",
        ].contains { files.value($0, of: profile) != nil }
    }
}
