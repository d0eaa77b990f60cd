/// Where requests to a service go: scheme, host and what stands before its own paths.
package struct AWSEndpoint: Hashable, Sendable {
    /// False for plain HTTP, which only a given endpoint can be.
    package let isTLS: Bool
    /// In lower case; an IPv6 address in brackets.
    package let host: String
    /// 1 to 65535.
    package let port: Int
    /// Without a slash at its end; empty mostly.
    package let pathPrefix: String

    /// The value of the `host` field, which is signed: with the port unless it is the scheme's own.
    package var authority: String { port == (isTLS ? 443 : 80) ? host : "\(host):\(port)" }

    /// The endpoint as a URL, without a slash at its end.
    package var url: String { "\(isTLS ? "https" : "http")://\(authority)\(pathPrefix)" }

    /// A service's own host in a region.
    ///
    /// - Parameter service: the host's first label, such as `bedrock-runtime` or `sts`.
    package init(
        service: String,
        region: AWSRegion,
        variant: AWSHostVariant = AWSHostVariant()
    ) throws(AWSEndpointError) {
        var suffix = region.partition.dnsSuffix
        if variant.isDualStack {
            guard let dualStack = region.partition.dualStackSuffix else {
                throw .noDualStack(region)
            }
            suffix = dualStack
        }
        isTLS = true
        host = "\(service)\(variant.isFIPS ? "-fips" : "").\(region.name).\(suffix)"
        port = 443
        pathPrefix = ""
    }

    /// An endpoint that is given as a URL: a scheme, a host, perhaps a port and a path.
    package init(url: String) throws(AWSEndpointError) {
        guard let parts = URLText(url) else { throw .endpoint(url) }
        isTLS = parts.isTLS
        host = parts.host.lowercased()
        port = parts.port ?? (parts.isTLS ? 443 : 80)
        pathPrefix = parts.path
    }
}

/// The kinds of hosts that a service has beside the usual one.
package struct AWSHostVariant: Hashable, Sendable {
    /// With cryptography validated by FIPS 140.
    package var isFIPS: Bool
    /// Reachable by IPv6, too.
    package var isDualStack: Bool

    /// The usual host unless told otherwise.
    package init(isFIPS: Bool = false, isDualStack: Bool = false) {
        self.isFIPS = isFIPS
        self.isDualStack = isDualStack
    }

    /// What `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT` ask for.
    package init(environment: (String) -> String?) {
        func isOn(_ name: String) -> Bool { environment(name)?.lowercased() == "true" }
        self.init(
            isFIPS: isOn("AWS_USE_FIPS_ENDPOINT"),
            isDualStack: isOn("AWS_USE_DUALSTACK_ENDPOINT")
        )
    }
}
