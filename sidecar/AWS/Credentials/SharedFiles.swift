/// AWS's shared files, `~/.aws/credentials` and `~/.aws/config`, and where they are.
package struct SharedFiles: Sendable {
    package let credentialsPath: String
    package let configPath: String
    /// Why a file that is there cannot be read; then nothing is said by either. Matters only to
    /// those who need the files.
    package let failure: CredentialFailure?
    private let credentials: ProfileFile
    private let config: ProfileFile

    /// Reads both files; one that is not there is empty.
    ///
    /// - Parameter read: the bytes of a file, nil where there is none.
    package init(
        environment: (String) -> String?,
        read: (String) throws(CredentialFailure) -> [UInt8]?
    ) {
        let home = environment("HOME") ?? ""
        let credentialsPath = Self.path(
            environment("AWS_SHARED_CREDENTIALS_FILE"),
            "~/.aws/credentials",
            home
        )
        let configPath = Self.path(environment("AWS_CONFIG_FILE"), "~/.aws/config", home)
        do throws(CredentialFailure) {
            try self.init(credentialsPath: credentialsPath, configPath: configPath, read: read)
        } catch {
            self.init(credentialsPath, configPath, failure: error)
        }
    }

    /// Reads two files by their paths.
    package init(
        credentialsPath: String,
        configPath: String,
        read: (String) throws(CredentialFailure) -> [UInt8]?
    ) throws(CredentialFailure) {
        config = try Self.file(configPath, .config, read)
        credentials = try Self.file(credentialsPath, .credentials, read)
        self.credentialsPath = credentialsPath
        self.configPath = configPath
        failure = nil
    }

    private init(_ credentialsPath: String, _ configPath: String, failure: CredentialFailure) {
        self.credentialsPath = credentialsPath
        self.configPath = configPath
        self.failure = failure
        credentials = ProfileFile()
        config = ProfileFile()
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
    package func has(_ profile: String) -> Bool {
        credentials.profiles[profile] != nil || config.profiles[profile] != nil
    }

    /// A profile's value, the credentials file's before the config file's; nil for none and for an
    /// empty one.
    package func value(_ name: String, of profile: String) -> String? {
        let value = credentials.profiles[profile]?[name] ?? config.profiles[profile]?[name]
        return value.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The keys of a profile, both from one file, the credentials file first; nil when it holds
    /// none.
    package func keys(of profile: String) throws(CredentialFailure) -> AWSCredential? {
        if let keys = try keys(of: profile, in: .credentials) { return keys }
        return try keys(of: profile, in: .config)
    }

    /// The keys that one of the files has for a profile.
    func keys(
        of profile: String,
        in kind: ProfileFile.Kind
    ) throws(CredentialFailure) -> AWSCredential? {
        let file = kind == .credentials ? credentials : config
        let value = { (name: String) -> String? in
            file.profiles[profile]?[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        switch (value("aws_access_key_id"), value("aws_secret_access_key")) {
        case (nil, nil): return nil
        case (let identifier?, let secret?):
            let keys = AWSCredential(
                accessKeyID: identifier,
                secretAccessKey: secret,
                // The first is its old name, which botocore, too, looks for first.
                sessionToken: value("aws_security_token") ?? value("aws_session_token")
            )
            guard keys.isPlain else {
                throw Self.failure(profile, "has keys with characters that no key has")
            }
            return keys
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
