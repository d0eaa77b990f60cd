package import Upstream
internal import HTTP
internal import OpenAI
internal import POSIX
internal import ProviderData
internal import Providers
package import RouteTable
internal import Routing

/// A loaded table with what its references are worth: immutable, shared by all workers. A request
/// keeps the one it began with.
package final class TableSnapshot: Sendable {
    package let table: RouteTable
    package let values: ReferenceValues
    /// Counts loads in this process; tells workers that there is a newer one.
    package let serial: Int
    let sources: SourceMarks
    package let limits: ProxyLimits
    let environment: LoadedEnvironment
    let access: AccessPolicy
    let resolver: ModelResolver
    /// References without a value, by name: their deployments are disabled.
    package let missing: [String]
    /// References whose values cannot be read as what their keys need, in words: their deployments
    /// are disabled, their virtual keys blocked.
    package let unreadable: [String]
    /// Deployments that a missing or unreadable reference disables.
    let disabledDeployments: Int
    /// Whether metrics need a key (`require_auth_for_metrics_endpoint`).
    let metricsNeedKey: Bool
    let allowsClientCredentials: Bool
    let forwardsClientHeaders: Bool
    let forwardsOrganization: Bool
    let alwaysIncludesUsage: Bool
    let forcedModels: ForcedModels
    /// `router_settings.timeout`, of one attempt.
    let timeoutMS: Int?
    let streamTimeoutMS: Int?
    /// `litellm_settings.request_timeout`, of the whole request.
    let requestTimeoutMS: Int?
    /// `global_max_parallel_requests`.
    let globalParallelMax: Int?
    let fallbackDepthMax: Int
    /// Where images and files may be fetched from (`sidegate.media_hosts`).
    let mediaHosts: [MediaHost]
    let health: HealthSettings
    let limitSettings: LimitSettings
    let fleet: FleetSettings
    /// Nil where the response cache is off.
    let cache: CacheSettings?

    /// Of one attempt, where neither client nor deployment says one. The router's own goes before
    /// `litellm_settings.request_timeout` (LiteLLM §1.8).
    var attemptTimeoutMS: Int? { timeoutMS ?? requestTimeoutMS }

    /// `completion_model` and its like: they win over what the client asks for (LiteLLM §1.9).
    struct ForcedModels: Sendable {
        let chat: String?
        let embedding: String?
        let image: String?
        let moderation: String?

        init(_ settings: Parameters, _ values: ReferenceValues) {
            chat = settings.string(.forcedChatModel, using: values)
            embedding = settings.string(.forcedEmbeddingModel, using: values)
            image = settings.string(.forcedImageModel, using: values)
            moderation = settings.string(.forcedModerationModel, using: values)
        }

        func model(for endpoint: Endpoint) -> String? {
            switch endpoint {
            case .chatCompletions, .completions: chat
            case .embeddings: embedding
            case .imageGenerations, .imageEdits, .imageVariations: image
            case .moderations: moderation
            default: nil
            }
        }
    }

    /// The access groups of models' deployments, by which a key may be allowed all of them.
    func accessGroups(ofModels models: some Sequence<Int>) -> [String] {
        ModelAccess.groups(ofModels: models, table: table, values: values)
    }

    /// In place of the references' values where something is shown: their names.
    var hiddenValues: ReferenceValues { ReferenceValues(table.references.map(\.description)) }

    /// Whether everybody may call.
    package var isOpen: Bool { access.isOpen }

    /// How upstreams' certificates are checked (`ssl_verify`).
    package var tlsSettings: TLSSettings {
        var settings = TLSSettings()
        settings.verifies = table.settings.bool(.verifyTLS, using: values) ?? true
        settings.caFile = table.settings.string(.caFile, using: values)
        return settings
    }

    init(
        table: RouteTable,
        values: ReferenceValues,
        serial: Int,
        sources: SourceMarks = SourceMarks(),
        environment: LoadedEnvironment = LoadedEnvironment(),
        masterKey: String?,
        missing: [String],
        disabledDeployments: Int
    ) {
        self.table = table
        self.values = values
        self.serial = serial
        self.sources = sources
        self.environment = environment
        self.missing = missing
        self.disabledDeployments = disabledDeployments
        let settings = table.settings
        func flag(_ key: ParameterKey) -> Bool { settings.bool(key, using: values) ?? false }
        func positive(_ key: ParameterKey) -> Int? {
            settings.integer(key, using: values).flatMap { $0 > 0 ? $0 : nil }
        }
        limits = ProxyLimits(settings, values: values, table: table)
        access = AccessPolicy(table: table, values: values, masterKey: masterKey)
        unreadable =
            (DeploymentReferences(table: table, values: values).unreadable() + access.unreadable)
            .map(\.description)
        resolver = ModelResolver(table: table)
        // A reference without a value does not open what was to be closed.
        metricsNeedKey =
            settings.bool(.requireAuthForMetrics, using: values)
            ?? settings.contains(.requireAuthForMetrics)
        allowsClientCredentials = flag(.allowClientCredentials)
        forwardsClientHeaders = flag(.forwardClientHeaders)
        forwardsOrganization = flag(.forwardOpenAIOrganization)
        alwaysIncludesUsage = flag(.alwaysIncludeStreamUsage)
        forcedModels = ForcedModels(settings, values)
        timeoutMS = positive(.timeoutMS)
        streamTimeoutMS = positive(.streamTimeoutMS)
        requestTimeoutMS = positive(.requestTimeoutMS)
        globalParallelMax = positive(.globalParallelRequestsMax)
        health = HealthSettings(settings, values: values)
        limitSettings = LimitSettings(table: table, values: values, environment: environment)
        fleet = FleetSettings(
            table: table,
            values: values,
            environment: environment,
            limits: limitSettings
        )
        cache = CacheSettings(
            settings,
            values: values,
            table: table,
            environment: environment,
            masterKey: masterKey
        )
        mediaHosts = MediaHost.all(settings, values: values, table: table)
        fallbackDepthMax =
            settings.integer(.maxFallbacks, using: values) ?? FallbackWalk.standardDepthMax
    }
}
