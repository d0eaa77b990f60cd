/// Why a deployment's host or path cannot be made.
package enum AWSEndpointError: Error, Hashable, Sendable {
    /// Not the name of a region.
    case region(String)
    /// No region is set anywhere.
    case noRegion
    /// Not a URL that requests can be sent to.
    case endpoint(String)
    /// A FIPS or dual-stack host is asked for beside an endpoint that is given.
    case variantOfGivenEndpoint
    /// The region's cloud has no dual-stack hosts.
    case noDualStack(AWSRegion)
    /// Not a model's identifier.
    case model(String)
}

extension AWSEndpointError: CustomStringConvertible {
    /// What is wrong and what to do.
    package var description: String {
        switch self {
        case .region(let name):
            "\"\(name)\" is no AWS region; write one like us-east-1"
        case .noRegion:
            "no AWS region is set; set aws_region_name or AWS_REGION"
        case .endpoint(let url):
            "\"\(url)\" is no base URL; write one like https://host:8443/path, without a query"
        case .variantOfGivenEndpoint:
            "a given endpoint cannot be combined with FIPS or dual-stack hosts; name such a host "
                + "in the endpoint and unset AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT"
        case .noDualStack(let region):
            "\(region) has no dual-stack hosts; unset AWS_USE_DUALSTACK_ENDPOINT"
        case .model(let id):
            "\"\(id)\" is no Bedrock model id; write a model id, an inference profile's id or an "
                + "ARN of at most 2048 bytes"
        }
    }
}
