/// AWS's shared files, `~/.aws/credentials` and `~/.aws/config`, and where they are.
package struct SharedFiles: Sendable {
    package let credentialsPath: String
    package let configPath: String
    /// What the files say, the credentials file's values before the config file's.
    private let profiles: [String: [String: String]]

    /// Reads both files; one that is not there is empty.
    ///
    /// - Parameter read: the bytes of a file, nil where there is none.
    package init(
        environment: (String) -> String?,
        read: (String) throws(CredentialFailure) -> [UInt8]?
    ) throws(CredentialFailure) {
        let home = environment("HOME") ?? ""
        try self.init(
            credentialsPath: Self.path(
                environment("AWS_SHARED_CREDENTIALS_FILE"),
                "~/.aws/credentials",
                home
            ),
            configPath: Self.path(environment("AWS_CONFIG_FILE"), "~/.aws/config", home),
            read: read
        )
    }

    /// Reads two files by their paths.
    package init(
        credentialsPath: String,
        configPath: String,
        read: (String) throws(CredentialFailure) -> [UInt8]?
    ) throws(CredentialFailure) {
        self.credentialsPath = credentialsPath
        self.configPath = configPath
        let config = try Self.file(configPath, .config, read)
        let credentials = try Self.file(credentialsPath, .credentials, read)
        profiles = config.profiles.merging(credentials.profiles) { config, credentials in
            config.merging(credentials) { $1 }
        }
    }

    private static func path(_ given: String?, _ standard: String, _ home: String) -> String {
        let path = given.flatMap { $0.isEmpty ? nil : $0 } ?? standard
        return path.hasPrefix("~/") && !home.isEmpty ? home + path.dropFirst() : path
    }

    private static func file(
        _ path: String,
        _ kind: ProfileFile.Kind,
        _ read: (String) throws(CredentialFailure) -> [UInt8]?
    ) throws(CredentialFailure) -> ProfileFile {
        guard let bytes = try read(path) else { return ProfileFile() }
        guard bytes.count <= ProfileFile.bytesMax,
            let text = String(validating: bytes, as: UTF8.self)
        else {
            throw CredentialFailure(
                .configuration,
                "\(path) is no file of profiles: it must be UTF-8 of at most 1 MiB"
            )
        }
        return ProfileFile(text, kind)
    }

    /// Whether a profile is there.
    package func has(_ profile: String) -> Bool { profiles[profile] != nil }

    /// A profile's value; nil for none and for an empty one.
    package func value(_ name: String, of profile: String) -> String? {
        profiles[profile]?[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The keys of a profile; nil when it holds none.
    package func keys(of profile: String) throws(CredentialFailure) -> AWSCredential? {
        let identifier = value("aws_access_key_id", of: profile)
        let secret = value("aws_secret_access_key", of: profile)
        switch (identifier, secret) {
        case (nil, nil): return nil
        case (let identifier?, let secret?):
            return AWSCredential(
                accessKeyID: identifier,
                secretAccessKey: secret,
                sessionToken: value("aws_session_token", of: profile)
            )
        case (nil, _):
            throw Self.failure(profile, "has aws_secret_access_key without aws_access_key_id")
        case (_, nil):
            throw Self.failure(profile, "has aws_access_key_id without aws_secret_access_key")
        }
    }

    /// A failure of one profile.
    static func failure(_ profile: String, _ text: String) -> CredentialFailure {
        CredentialFailure(.configuration, "profile \(CredentialFailure.quote(profile)) \(text)")
    }
}
