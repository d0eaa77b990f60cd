/// How roles are asked for: which STS, and under which name.
struct RoleSettings {
    /// How long the service lets a session be, in seconds.
    static let durations = 900...43_200

    /// The region whose STS is asked; nil where none is known.
    var region: AWSRegion?
    /// `aws_sts_endpoint` of the deployment.
    var endpoint: String?
    let environment: (String) -> String?

    /// The settings for a profile, which may say a region of its own.
    func of(_ profile: String, _ files: SharedFiles) -> RoleSettings {
        var settings = self
        if let name = files.value("region", of: profile), let region = try? AWSRegion(name) {
            settings.region = region
        }
        return settings
    }

    /// AssumeRole.
    func assumed(
        _ role: String,
        sessionName: String?,
        externalID: String? = nil,
        duration: Int? = nil
    ) throws(CredentialFailure) -> AssumedRole {
        AssumedRole(
            roleARN: try checked(role),
            sessionName: try session(sessionName),
            externalID: externalID,
            endpoint: try sts(),
            durationSeconds: duration
        )
    }

    /// AssumeRoleWithWebIdentity.
    func webIdentity(
        _ role: String,
        _ token: TokenOrigin,
        _ sessionName: String?,
        _ duration: Int? = nil
    ) throws(CredentialFailure) -> WebIdentityRole {
        WebIdentityRole(
            roleARN: try checked(role),
            sessionName: try session(sessionName),
            token: token,
            endpoint: try sts(),
            durationSeconds: duration
        )
    }

    private func checked(_ role: String) throws(CredentialFailure) -> String {
        guard let name = AWSResourceName(role), name.service == "iam",
            name.resource.hasPrefix("role/"), role.utf8.count <= 2_048
        else {
            throw CredentialFailure(
                .configuration,
                "\(CredentialFailure.quote(role)) is no role's ARN; write one like "
                    + "arn:aws:iam::123456789012:role/name"
            )
        }
        return role
    }

    /// 2 to 64 characters of `[A-Za-z0-9_+=,.@-]`. A name that is given must be one; ours is made
    /// of the pod's, so that CloudTrail tells pods apart.
    private func session(_ given: String?) throws(CredentialFailure) -> String {
        if let name = given ?? nonEmpty("AWS_ROLE_SESSION_NAME") {
            guard (2...64).contains(name.utf8.count), name.utf8.allSatisfy(Self.isSessionByte)
            else {
                throw CredentialFailure(
                    .configuration,
                    "the session's name must be 2 to 64 of A-Z a-z 0-9 _ + = , . @ -"
                )
            }
            return name
        }
        let pod = (nonEmpty("HOSTNAME") ?? "").utf8.filter(Self.isSessionByte)
        let name = pod.isEmpty ? "sidegate" : "sidegate-" + String(decoding: pod, as: UTF8.self)
        return String(decoding: name.utf8.prefix(64), as: UTF8.self)
    }

    private static func isSessionByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "_+=,.@-".utf8.contains(byte)
        }
    }

    /// The STS of the region, unless an endpoint is given.
    private func sts() throws(CredentialFailure) -> STSEndpoint {
        let isIgnored = environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?.lowercased() == "true"
        let given =
            endpoint
            ?? (isIgnored ? nil : nonEmpty("AWS_ENDPOINT_URL_STS") ?? nonEmpty("AWS_ENDPOINT_URL"))
        do throws(AWSEndpointError) {
            if let given {
                let url = try AWSEndpoint(url: given)
                let region = Self.region(ofHost: url.host) ?? region?.name ?? "us-east-1"
                return STSEndpoint(url: url.url, region: region)
            }
            guard let region else { throw .noRegion }
            let variant = AWSHostVariant(environment: environment)
            if isLegacy, Self.legacyRegions.contains(region.name), variant == AWSHostVariant() {
                return STSEndpoint(url: "https://sts.amazonaws.com", region: "us-east-1")
            }
            let url = try AWSEndpoint(service: "sts", region: region, variant: variant)
            return STSEndpoint(url: url.url, region: region.name)
        } catch {
            throw CredentialFailure(.configuration, "the endpoint of STS: \(error)")
        }
    }

    private var isLegacy: Bool {
        nonEmpty("AWS_STS_REGIONAL_ENDPOINTS")?.lowercased() == "legacy"
    }

    /// The regions that ask the global endpoint if they are told to go the old way; in later ones
    /// its tokens are not good.
    private static let legacyRegions: Set<String> = [
        "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
        "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
        "us-east-1", "us-east-2", "us-west-1", "us-west-2",
    ]

    /// What `sts.eu-west-1.amazonaws.com` is signed for, whatever region the deployment has.
    private static func region(ofHost host: String) -> String? {
        let labels = host.split(separator: ".")
        guard labels.count > 2, labels[0] == "sts" || labels[0] == "sts-fips" else { return nil }
        if labels[1] == "amazonaws" { return "us-east-1" }
        return AWSRegion.isRegionName(labels[1]) ? String(labels[1]) : nil
    }

    private func nonEmpty(_ name: String) -> String? {
        environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }
}
