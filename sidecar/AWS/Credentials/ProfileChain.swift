/// Follows a profile of the shared files to where its credentials come from.
struct ProfileChain {
    let files: SharedFiles
    let ambient: AmbientSources
    /// Where roles are assumed, by the profile's own region if it has one.
    let roles: RoleSettings

    /// What a profile stands for.
    ///
    /// Its role goes first, then its web identity's, then its keys (botocore's order). What would
    /// run a command or open a browser is refused.
    func source(_ profile: String) throws(CredentialFailure) -> CredentialSource {
        try source(profile, visited: [])
    }

    private func source(
        _ profile: String,
        visited: [String]
    ) throws(CredentialFailure) -> CredentialSource {
        guard files.has(profile) else {
            throw SharedFiles.failure(
                profile,
                "is neither in \(files.credentialsPath) nor in \(files.configPath)"
            )
        }
        // A profile that names itself as its source has keys for it.
        if let role = files.value("role_arn", of: profile), visited.last != profile {
            return try self.role(role, profile, visited)
        }
        if let keys = try files.keys(of: profile) {
            _ = keys
            return .profile(
                SharedProfile(
                    name: profile,
                    credentialsFile: files.credentialsPath,
                    configFile: files.configPath
                )
            )
        }
        throw SharedFiles.failure(profile, refusal(profile))
    }

    private func refusal(_ profile: String) -> String {
        if files.value("credential_process", of: profile) != nil {
            return "gets its keys from credential_process, and a sidecar runs no commands; use "
                + "a role (IRSA, Pod Identity) or keys"
        }
        let isSSO = ["sso_session", "sso_start_url", "login_session"].contains {
            files.value($0, of: profile) != nil
        }
        if isSSO { return "signs on in a browser, which a sidecar has not; use a role or keys" }
        return "has no keys and no role"
    }

    private func role(
        _ role: String,
        _ profile: String,
        _ visited: [String]
    ) throws(CredentialFailure) -> CredentialSource {
        let roles = roles.of(profile, files)
        let sessionName = files.value("role_session_name", of: profile)
        let duration = try duration(profile)
        if let file = files.value("web_identity_token_file", of: profile) {
            return .webIdentity(
                try roles.webIdentity(role, .file(file), sessionName, duration)
            )
        }
        let base = try base(profile, visited)
        return .role(
            try roles.assumed(
                role,
                sessionName: sessionName,
                externalID: files.value("external_id", of: profile),
                duration: duration
            ),
            base: base
        )
    }

    private func base(
        _ profile: String,
        _ visited: [String]
    ) throws(CredentialFailure) -> CredentialSource {
        let source = files.value("source_profile", of: profile)
        let origin = files.value("credential_source", of: profile)
        switch (source, origin) {
        case (let source?, nil):
            if source != profile, visited.contains(source) {
                throw SharedFiles.failure(profile, "leads back to itself by source_profile")
            }
            return try self.source(source, visited: visited + [profile])
        case (nil, let origin?): return try ambient.source(named: origin, profile)
        default:
            throw SharedFiles.failure(
                profile,
                "has a role_arn, and needs source_profile or credential_source beside it, one of "
                    + "them"
            )
        }
    }

    private func duration(_ profile: String) throws(CredentialFailure) -> Int? {
        guard let text = files.value("duration_seconds", of: profile) else { return nil }
        guard let seconds = Int(text), RoleSettings.durations.contains(seconds) else {
            throw SharedFiles.failure(profile, "has a duration_seconds that is not 900 to 43200")
        }
        return seconds
    }
}
