/// Where a deployment's requests go, and for which region they are signed.
package struct BedrockLocation: Hashable, Sendable {
    /// What a deployment's configuration says of it; all of it may be missing.
    package struct Settings: Hashable, Sendable {
        /// `aws_region_name`.
        package var region: String?
        /// `aws_bedrock_runtime_endpoint`.
        package var endpoint: String?
        /// `region` of the profile in use.
        package var profileRegion: String?

        /// Settings as configured.
        package init(
            region: String? = nil,
            endpoint: String? = nil,
            profileRegion: String? = nil
        ) {
            self.region = region
            self.endpoint = endpoint
            self.profileRegion = profileRegion
        }
    }

    /// The name that requests to Bedrock are signed for.
    package static let signingService = "bedrock"

    package let model: BedrockModelName
    /// The region to sign for; a given endpoint does not change it.
    package let region: AWSRegion
    package let endpoint: AWSEndpoint

    /// What signatures are valid for.
    package var scope: SigningScope {
        SigningScope(region: region.name, service: Self.signingService)
    }

    /// Finds out where a deployment is, as LiteLLM does, but never guesses a region.
    ///
    /// The first region counts of: `aws_region_name`, the model's name or ARN,
    /// `AWS_REGION_NAME`, `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's. The first endpoint
    /// counts of: the deployment's, `AWS_BEDROCK_RUNTIME_ENDPOINT`,
    /// `AWS_ENDPOINT_URL_BEDROCK_RUNTIME`, `AWS_ENDPOINT_URL`, the region's own. Empty ones are
    /// passed over.
    package init(
        model: BedrockModelName,
        settings: Settings = Settings(),
        environment: (String) -> String?
    ) throws(AWSEndpointError) {
        let variant = AWSHostVariant(environment: environment)
        region = try Self.region(model: model, settings: settings, environment: environment)
        if let url = Self.endpoint(settings: settings, environment: environment) {
            guard variant == AWSHostVariant() else { throw .variantOfGivenEndpoint }
            endpoint = try AWSEndpoint(url: url)
        } else {
            endpoint = try AWSEndpoint(
                service: "bedrock-runtime",
                region: region,
                variant: variant
            )
        }
        self.model = model
    }

    /// The path of an operation on the wire, with what a given endpoint puts before it.
    package func path(_ operation: BedrockOperation) -> String {
        endpoint.pathPrefix + model.path(operation)
    }

    private static func region(
        model: BedrockModelName,
        settings: Settings,
        environment: (String) -> String?
    ) throws(AWSEndpointError) -> AWSRegion {
        if let name = given(settings.region) { return try AWSRegion(name) }
        if let region = model.region { return region }
        for variable in ["AWS_REGION_NAME", "AWS_REGION", "AWS_DEFAULT_REGION"] {
            if let name = given(environment(variable)) { return try AWSRegion(name) }
        }
        guard let name = given(settings.profileRegion) else { throw .noRegion }
        return try AWSRegion(name)
    }

    private static func endpoint(
        settings: Settings,
        environment: (String) -> String?
    ) -> String? {
        if let url = given(settings.endpoint) { return url }
        if let url = given(environment("AWS_BEDROCK_RUNTIME_ENDPOINT")) { return url }
        // The SDKs' own switch for the SDKs' own variables.
        let isIgnored = environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?.lowercased() == "true"
        guard !isIgnored else { return nil }
        return given(environment("AWS_ENDPOINT_URL_BEDROCK_RUNTIME"))
            ?? given(environment("AWS_ENDPOINT_URL"))
    }

    private static func given(_ text: String?) -> String? {
        guard let text, !text.isEmpty else { return nil }
        return text
    }
}
