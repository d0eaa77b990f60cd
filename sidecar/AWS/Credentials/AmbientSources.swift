/// What the pod's environment offers: keys, the container's endpoint, the instance's metadata.
struct AmbientSources {
    let environment: (String) -> String?

    /// A source by the name that `credential_source` gives it.
    func source(
        named name: String,
        _ profile: String
    ) throws(CredentialFailure) -> CredentialSource {
        switch name {
        case "Environment":
            guard let keys = try keys() else {
                throw SharedFiles.failure(profile, "wants keys of the environment: there are none")
            }
            return keys
        case "EcsContainer":
            guard let container = try container() else {
                throw SharedFiles.failure(
                    profile,
                    "wants the container's endpoint, and neither "
                        + "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor _FULL_URI is set"
                )
            }
            return container
        case "Ec2InstanceMetadata":
            guard let instance = try instance() else {
                throw SharedFiles.failure(
                    profile,
                    "wants the instance's metadata, which AWS_EC2_METADATA_DISABLED turns off"
                )
            }
            return instance
        default:
            throw SharedFiles.failure(
                profile,
                "has credential_source \(CredentialFailure.quote(name)); there are Environment, "
                    + "EcsContainer and Ec2InstanceMetadata"
            )
        }
    }

    /// `AWS_ACCESS_KEY_ID` and its like; nil when they are not set.
    func keys() throws(CredentialFailure) -> CredentialSource? {
        let identifier = variable("AWS_ACCESS_KEY_ID")
        let secret = variable("AWS_SECRET_ACCESS_KEY")
        switch (identifier, secret) {
        case (nil, nil): return nil
        case (nil, _): throw half("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")
        case (_, nil): throw half("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        case (let identifier?, let secret?):
            var expiresAt: Int?
            if let text = variable("AWS_CREDENTIAL_EXPIRATION") {
                guard let seconds = Timestamp.seconds(text) else {
                    throw CredentialFailure(
                        .configuration,
                        "AWS_CREDENTIAL_EXPIRATION is no date like 2027-01-31T12:00:00Z"
                    )
                }
                expiresAt = seconds
            }
            let keys = AWSCredential(
                accessKeyID: identifier,
                secretAccessKey: secret,
                sessionToken: variable("AWS_SESSION_TOKEN") ?? variable("AWS_SECURITY_TOKEN"),
                expiresAt: expiresAt
            )
            guard keys.isPlain else {
                throw CredentialFailure(
                    .configuration,
                    "AWS_ACCESS_KEY_ID and its like hold characters that no key has"
                )
            }
            return .keys(keys)
        }
    }

    private func half(_ given: String, _ missing: String) -> CredentialFailure {
        CredentialFailure(.configuration, "\(given) is set without \(missing)")
    }

    /// The container's endpoint; nil when neither of its variables is set.
    func container() throws(CredentialFailure) -> CredentialSource? {
        let url: String
        let name: String
        if let path = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            name = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
            url = "http://169.254.170.2" + (path.hasPrefix("/") ? path : "/" + path)
        } else if let full = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            name = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
            url = full
        } else {
            return nil
        }
        let target = try EndpointTarget(url, name)
        guard target.endpoint.isTLS || Self.isLocal(target.endpoint.host) else {
            throw CredentialFailure(
                .configuration,
                "\(name) leads to \(target.endpoint.host) by plain "
                    + "HTTP; it may lead to loopback, 169.254.170.2, 169.254.170.23 and "
                    + "fd00:ec2::23, or use https"
            )
        }
        var authorization: TokenOrigin?
        if let file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            authorization = .file(file)
        } else if let token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            let name = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
            authorization = .text(try LocalFile.token(Array(token.utf8), from: name))
        }
        return .container(ContainerEndpoint(url: url, authorization: authorization))
    }

    private static func isLocal(_ host: String) -> Bool {
        switch host {
        case "localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]": return true
        default: break
        }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }

    /// The instance's metadata service; nil when it is turned off.
    func instance() throws(CredentialFailure) -> CredentialSource? {
        if variable("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" { return nil }
        let mode = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.lowercased() ?? "ipv4"
        guard mode == "ipv4" || mode == "ipv6" else {
            throw CredentialFailure(
                .configuration,
                "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is neither ipv4 nor ipv6"
            )
        }
        let standard = mode == "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
        let url = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? standard
        guard let endpoint = try? AWSEndpoint(url: url) else {
            throw CredentialFailure(
                .configuration,
                "AWS_EC2_METADATA_SERVICE_ENDPOINT is no base URL"
            )
        }
        let timeout = try number("AWS_METADATA_SERVICE_TIMEOUT", 1, 1...60)
        let attempts = try number("AWS_METADATA_SERVICE_NUM_ATTEMPTS", 1, 1...10)
        return .instance(
            InstanceMetadata(
                url: endpoint.url,
                timeoutMS: UInt64(timeout) * 1_000,
                attempts: attempts
            )
        )
    }

    private func number(
        _ name: String,
        _ standard: Int,
        _ range: ClosedRange<Int>
    ) throws(CredentialFailure) -> Int {
        guard let text = variable(name) else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw CredentialFailure(
                .configuration,
                "\(name) is not a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    /// A variable without the line's end that secrets tend to bring from their files.
    func variable(_ name: String) -> String? {
        guard var value = environment(name) else { return nil }
        while value.last?.isNewline == true { value.removeLast() }
        return value.isEmpty ? nil : value
    }
}
