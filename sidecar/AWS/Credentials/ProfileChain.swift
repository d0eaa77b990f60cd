/// Follows a profile of the shared files to where its credentials come from.
struct ProfileChain {
    let files: SharedFiles
    let ambient: AmbientSources
    /// Where roles are assumed, by the profile's own region if it has one.
    let roles: RoleSettings

    /// What a profile stands for, in botocore's order: a role, then a web identity's, then SSO, the
    /// credentials file's keys, logins, a process, and the config file's keys. What would run a
    /// command or open a browser is refused in its place.
    func source(_ profile: String) throws(CredentialFailure) -> CredentialSource {
        if let failure = files.failure { throw failure }
        return try source(profile, visited: [])
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
        // Another profile's source is its keys, if it has some, whatever role it has beside them.
        // So may a profile name itself.
        let isForKeys = !visited.isEmpty && hasKeys(profile)
        if let role = files.value("role_arn", of: profile), !isForKeys,
            files.value("web_identity_token_file", of: profile) == nil
        {
            return try self.role(role, profile, visited)
        }
        return try own(profile)
    }

    private func hasKeys(_ profile: String) -> Bool {
        has(["aws_access_key_id", "aws_secret_access_key"], profile)
    }

    /// What a profile has without another one.
    private func own(_ profile: String) throws(CredentialFailure) -> CredentialSource {
        if let file = files.value("web_identity_token_file", of: profile) {
            return try webIdentity(file, profile)
        }
        if has(["sso_role_name", "sso_account_id"], profile) { throw noBrowser(profile) }
        let shared = CredentialSource.profile(
            SharedProfile(
                name: profile,
                credentialsFile: files.credentialsPath,
                configFile: files.configPath
            )
        )
        if try files.keys(of: profile, in: .credentials) != nil { return shared }
        if has(["login_session"], profile) { throw noBrowser(profile) }
        if has(["credential_process"], profile) {
            throw SharedFiles.failure(
                profile,
                "gets its keys from credential_process, and a sidecar runs no commands; use a role "
                    + "(IRSA, Pod Identity) or keys"
            )
        }
        if try files.keys(of: profile, in: .config) != nil { return shared }
        if has(["sso_session", "sso_start_url"], profile) { throw noBrowser(profile) }
        throw SharedFiles.failure(profile, "has no keys and no role")
    }

    private func has(_ names: [String], _ profile: String) -> Bool {
        names.contains { files.value($0, of: profile) != nil }
    }

    private func noBrowser(_ profile: String) -> CredentialFailure {
        SharedFiles.failure(
            profile,
            "signs on in a browser (SSO), which a sidecar has not; use a role or keys"
        )
    }

    private func webIdentity(
        _ file: String,
        _ profile: String
    ) throws(CredentialFailure) -> CredentialSource {
        guard let role = files.value("role_arn", of: profile) else {
            throw SharedFiles.failure(profile, "has web_identity_token_file without role_arn")
        }
        return .webIdentity(
            try roles.of(profile, files).webIdentity(
                role,
                .file(file),
                files.value("role_session_name", of: profile),
                try duration(profile)
            )
        )
    }

    private func role(
        _ role: String,
        _ profile: String,
        _ visited: [String]
    ) throws(CredentialFailure) -> CredentialSource {
        guard files.value("mfa_serial", of: profile) == nil else {
            throw SharedFiles.failure(
                profile,
                "has mfa_serial, and nobody is there to type a code; use a role without it"
            )
        }
        let assumed = try roles.of(profile, files).assumed(
            role,
            sessionName: files.value("role_session_name", of: profile),
            externalID: files.value("external_id", of: profile),
            duration: try duration(profile)
        )
        return .role(assumed, base: try base(profile, visited))
    }

    private func base(
        _ profile: String,
        _ visited: [String]
    ) throws(CredentialFailure) -> CredentialSource {
        let source = files.value("source_profile", of: profile)
        let origin = files.value("credential_source", of: profile)
        switch (source, origin) {
        case (let source?, nil):
            let isLoop = source == profile ? !hasKeys(profile) : visited.contains(source)
            if isLoop {
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
