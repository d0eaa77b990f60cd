package import RouteTable
package import YAML

/// A configuration as values: what the files say, before deployments are grouped, identified and
/// checked against each other (TableCompiler does that).
package struct RouteConfig: Sendable {
    /// `model_list`, in order; an entry with a list of organizations is one deployment for each.
    package var deployments: [DeploymentConfig] = []
    package var credentials: [CredentialConfig] = []
    /// Settings of the whole table.
    package var settings: ParameterSet = [:]
    /// Where settings of the router and of the server stand.
    package var settingMarks: [ParameterKey: YAMLMark] = [:]
    /// `general_settings.master_key`; a literal is a secret.
    package var masterKey: Text?
    package var aliases: [Placed<Alias>] = []
    package var fallbacks: [Placed<FallbackRule>] = []
    /// `model_group_retry_policy`: parameters of a model group by its name.
    package var groupParameters: [Placed<Model>] = []
    package var routingGroups: [RoutingGroupConfig] = []
    /// The models of `caching_groups`.
    package var cachingModels: [Placed<String>] = []
    package var environment: [EnvironmentVariable] = []
    package var virtualKeys: [VirtualKeyConfig] = []

    /// An empty configuration.
    package init() {}
}

/// A value and where it was written.
package struct Placed<Value: Sendable>: Sendable {
    package var value: Value
    package var mark: YAMLMark

    /// A value at its place.
    package init(_ value: Value, at mark: YAMLMark) {
        self.value = value
        self.mark = mark
    }
}

/// One entry of `model_list` (LiteLLM §1.4).
package struct DeploymentConfig: Sendable {
    package var modelName: Placed<String>
    /// `litellm_params.model`, with the provider's prefix.
    package var model: Placed<Text>
    package var customProvider: Placed<String>?
    package var apiBase: Text?
    package var apiBaseMark: YAMLMark?
    package var credentialName: Placed<String>?
    /// Keys, regions, roles written at the deployment itself.
    package var credential: ParameterSet = [:]
    package var parameters: ParameterSet = [:]
    /// What `simple-shuffle` weighs by; nil where not given.
    package var weight: Double?
    package var requestsPerMinute: Double?
    package var tokensPerMinute: Double?
    /// The first of `rpm` and `tpm`.
    package var limitMark: YAMLMark?
    package var order: Int16?
    /// `model_info.id`.
    package var id: Placed<String>?
    /// The text that LiteLLM's default identifier is a digest of.
    package var identity: String
    package var mark: YAMLMark
}

/// One entry of `router_settings.routing_groups`.
package struct RoutingGroupConfig: Sendable {
    package var name: Placed<String>
    /// Each once; those of a priority group in the order in which they are tried.
    package var models: [Placed<String>]
    /// What chooses for each of the models; nil for a priority group, whose name stands for its
    /// models, tried in order.
    package var strategy: Text?
    /// A JSON object.
    package var arguments: [Text] = [.literal("{}")]
}

/// One entry of `credential_list`.
package struct CredentialConfig: Sendable {
    package var name: Placed<String>
    package var apiBase: Text?
    package var parameters: ParameterSet
}

/// One entry of `sidegate.keys`.
package struct VirtualKeyConfig: Sendable {
    /// How the configuration names a key.
    package enum Key: Sendable {
        /// SHA-256, 32 bytes.
        case digest([UInt8])
        /// The key itself, to be stored as digest only.
        case literal(String)
    }
    /// What identifies the key.
    package var key: Key
    package var parameters: ParameterSet
    package var mark: YAMLMark
}
