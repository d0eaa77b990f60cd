internal import AWS
internal import Telemetry

extension CredentialSource {
    /// What has to be fetched for it: itself and what it builds on. Keys are there already;
    /// where they end, that is watched.
    var fetched: Set<CredentialSource> {
        switch self {
        case .keys(let keys): keys.expiresAt == nil ? [] : [self]
        case .role(_, let base): base.fetched.union([self])
        default: [self]
        }
    }

    /// How it shows in metrics.
    var kind: CredentialKind {
        switch self {
        case .keys: .keys
        case .profile: .profile
        case .webIdentity: .webIdentity
        case .container: .container
        case .instance: .instance
        case .role: .role
        }
    }

    /// What it is and where, without secrets.
    var shown: String {
        switch self {
        case .keys(let keys): "key \(keys.accessKeyID)"
        case .profile(let profile): "profile \(profile.name) in \(profile.credentialsFile)"
        case .webIdentity(let role): "web identity \(role.roleARN)\(Self.file(role.token))"
        case .container(let endpoint):
            // A query may hold a secret.
            "container endpoint \(endpoint.url.prefix { $0 != "?" })"
                + (endpoint.authorization.map(Self.file) ?? "")
        case .instance(let metadata): "instance metadata \(metadata.url)"
        case .role(let role, _): "role \(role.roleARN)"
        }
    }

    /// What is wrong with it, in one line.
    func problem(_ failure: CredentialFailure) -> String {
        "no credentials from \(shown): \(failure.text)"
    }

    private static func file(_ token: TokenOrigin) -> String {
        if case .file(let path) = token { " with \(path)" } else { "" }
    }
}
