/// Where credentials come from, decided before anything is asked. Equal sources share what is
/// fetched, and its refreshes.
///
/// May hold secrets: never print one.
package indirect enum CredentialSource: Hashable, Sendable {
    /// Keys of the table or the environment.
    case keys(AWSCredential)
    /// Keys of a profile, read from the shared files again when they change.
    case profile(SharedProfile)
    /// A role for a token of the cluster's (IRSA).
    case webIdentity(WebIdentityRole)
    /// EKS Pod Identity, or ECS.
    case container(ContainerEndpoint)
    /// The instance that the pod runs on (IMDSv2).
    case instance(InstanceMetadata)
    /// A role that other credentials may assume.
    case role(AssumedRole, base: CredentialSource)
}

/// A profile with keys in the shared files.
package struct SharedProfile: Hashable, Sendable {
    package var name: String
    package var credentialsFile: String
    package var configFile: String

    /// A profile by its name, and where to look for it.
    package init(name: String, credentialsFile: String, configFile: String) {
        self.name = name
        self.credentialsFile = credentialsFile
        self.configFile = configFile
    }
}

/// A token that proves who asks.
package enum TokenOrigin: Hashable, Sendable {
    /// A secret.
    case text(String)
    /// A file that is read again each time: the kubelet puts a new token there.
    case file(String)
}

/// The Security Token Service that is asked, and the region to sign for.
package struct STSEndpoint: Hashable, Sendable {
    /// `https://sts.eu-west-1.amazonaws.com`, without a slash at its end.
    package var url: String
    package var region: String

    /// An endpoint of STS.
    package init(url: String, region: String) {
        self.url = url
        self.region = region
    }
}

/// AssumeRoleWithWebIdentity.
package struct WebIdentityRole: Hashable, Sendable {
    package var roleARN: String
    package var sessionName: String
    package var token: TokenOrigin
    package var endpoint: STSEndpoint
    /// 900 to 43,200; nil for the service's 3,600.
    package var durationSeconds: Int?

    /// A role and the token that opens it.
    package init(
        roleARN: String,
        sessionName: String,
        token: TokenOrigin,
        endpoint: STSEndpoint,
        durationSeconds: Int? = nil
    ) {
        self.roleARN = roleARN
        self.sessionName = sessionName
        self.token = token
        self.endpoint = endpoint
        self.durationSeconds = durationSeconds
    }
}

/// AssumeRole.
package struct AssumedRole: Hashable, Sendable {
    package var roleARN: String
    package var sessionName: String
    package var externalID: String?
    package var endpoint: STSEndpoint
    /// 900 to 43,200; nil for the service's 3,600.
    package var durationSeconds: Int?

    /// A role and how to ask for it.
    package init(
        roleARN: String,
        sessionName: String,
        externalID: String? = nil,
        endpoint: STSEndpoint,
        durationSeconds: Int? = nil
    ) {
        self.roleARN = roleARN
        self.sessionName = sessionName
        self.externalID = externalID
        self.endpoint = endpoint
        self.durationSeconds = durationSeconds
    }
}

/// The endpoint that hands a container its credentials.
package struct ContainerEndpoint: Hashable, Sendable {
    /// The whole URL.
    package var url: String
    /// The value of `authorization`, without a scheme before it.
    package var authorization: TokenOrigin?

    /// An endpoint and what opens it.
    package init(url: String, authorization: TokenOrigin?) {
        self.url = url
        self.authorization = authorization
    }
}

/// The instance's metadata service.
package struct InstanceMetadata: Hashable, Sendable {
    /// `http://169.254.169.254`, without a slash at its end.
    package var url: String
    /// For each of its three calls.
    package var timeoutMS: UInt64
    package var attempts: Int

    /// A metadata service and how long to wait for it.
    package init(url: String, timeoutMS: UInt64 = 1_000, attempts: Int = 1) {
        self.url = url
        self.timeoutMS = timeoutMS
        self.attempts = attempts
    }
}
